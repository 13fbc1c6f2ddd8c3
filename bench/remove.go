// SPDX-License-Identifier: MIT
// remove.go - Go's library as a contender: removes its arguments.
package main

import "os"

func main() {
	for _, path := range os.Args[1:] {
		if os.RemoveAll(path) != nil {
			os.Exit(1)
		}
	}
}
