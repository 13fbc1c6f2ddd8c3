// SPDX-License-Identifier: MIT
// remove.rs - the Rust standard library as a contender: removes its arguments.
fn main() {
    for path in std::env::args_os().skip(1) {
        if std::fs::remove_dir_all(&path).is_err() {
            std::process::exit(1);
        }
    }
}
