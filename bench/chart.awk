# SPDX-License-Identifier: MIT
# chart.awk - bars from bench/results/removal.csv: CPU time over the floor, a
# group for each shape, on the first place in the file. Longer is slower.
BEGIN {
	FS = ";"
	colours = "#1b7f3b #7fbf7b #d95f0e #fe9929 #3a6fb0 #8c510a #999999 #7b5aa6"
	split(colours, colour, " ")
	left = 130; scale = 130; bar = 11; most = 5
}
NR == 1 { next }
place == "" { place = $1 }
$1 != place || $3 == "floor" { next }
{
	if (!($2 in rows))
		shape[++shapes] = $2
	if (!($3 in number)) {
		contender[++contenders] = $3
		number[$3] = contenders
	}
	rows[$2]++
	value[$2, $3] = $7
}
END {
	height = 60 + 18 * contenders
	for (i = 1; i <= shapes; i++)
		height += bar * rows[shape[i]] + 14
	width = left + scale * most + 70
	printf "<!-- SPDX-License-Identifier: MIT -->\n<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" font-size=\"11\">\n", width, height
	printf "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n"
	printf "<text x=\"10\" y=\"20\" font-size=\"14\">Removing trees on %s: CPU time, as a multiple of the floor</text>\n", place
	y = 36
	for (j = 1; j <= contenders; j++) {
		printf "<rect x=\"%d\" y=\"%d\" width=\"11\" height=\"11\" fill=\"%s\"/><text x=\"%d\" y=\"%d\">%s</text>\n", left, y, colour[j], left + 18, y + 10, contender[j]
		y += 16
	}
	y += 10
	top = y
	for (i = 1; i <= shapes; i++) {
		printf "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>\n", left - 8, y + bar * rows[shape[i]] / 2 + 4, shape[i]
		for (j = 1; j <= contenders; j++) {
			if (!((shape[i], contender[j]) in value))
				continue
			v = value[shape[i], contender[j]]
			if (v == "nan" || v == "-nan") {
				printf "<text x=\"%d\" y=\"%d\" fill=\"%s\">fails</text>\n", left + 4, y + 9, colour[j]
			} else {
				long = (v > most ? most : v) * scale
				printf "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/><text x=\"%.1f\" y=\"%d\">%.2f</text>\n", left, y, long, bar - 1, colour[j], left + long + 4, y + 9, v
			}
			y += bar
		}
		y += 14
	}
	printf "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"black\" stroke-dasharray=\"3,3\"/>\n</svg>\n", left + scale, top, left + scale, y
}
