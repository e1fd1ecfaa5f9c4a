package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode/utf8"
)

// Where output is no terminal, a table this often.
const quietPeriod = 10 * time.Second

// board prints what the system has learned next to the truth: in place on a terminal.
type board struct {
	out      io.Writer
	truth    truth
	inPlace  bool
	lines    int
	lastShow time.Time
}

func newBoard(out *os.File, truth truth) *board {
	info, err := out.Stat()
	terminal := err == nil && info.Mode()&os.ModeCharDevice != 0
	return &board{out: out, truth: truth, inPlace: terminal}
}

func (b *board) update(result analytics, visits *visits) {
	if !b.inPlace && time.Since(b.lastShow) < quietPeriod {
		return
	}
	b.lastShow = time.Now()
	b.show(b.table(result, visits))
}

// final shows the last table and, after a replay, what an equal split would have given.
func (b *board) final(result analytics, visits *visits) {
	b.show(b.table(result, visits))
	if text := b.comparison(visits); text != "" {
		fmt.Fprintf(b.out, "\n%s\n", text)
	}
}

func (b *board) show(text string) {
	if b.inPlace && b.lines > 0 {
		// Up to the table's first line, and clear to the end of the screen.
		fmt.Fprintf(b.out, "\x1b[%dA\x1b[J", b.lines)
	}
	fmt.Fprint(b.out, text)
	b.lines = strings.Count(text, "\n")
}

func (b *board) table(result analytics, visits *visits) string {
	_, rateTitle := b.truth.describe()
	rows := [][]string{{"VARIANT", rateTitle, "VISITORS", "CONVERSIONS", "RATE", "95 % INTERVAL", "P(BEST)", "SHARE NOW"}}
	learned := map[string]variantAnalytics{}
	for _, variant := range result.Variants {
		learned[variant.Variant.Key] = variant
	}
	best := bestArm(b.truth.arms())
	for i, arm := range b.truth.arms() {
		variant := learned[arm.key]
		name := arm.name
		if i == best {
			name += " *"
		}
		rows = append(rows, []string{
			name, percent(arm.rate), count(variant.Exposures), count(variant.Conversions), percent(variant.Rate),
			percent(variant.CredibleInterval.Lower) + " to " + percent(variant.CredibleInterval.Upper),
			percent(variant.ProbabilityBest), percent(variant.Allocation),
		})
	}
	var text strings.Builder
	seconds := visits.elapsed().Seconds()
	served := float64(visits.served.Load())
	fmt.Fprintf(&text, "%s visitors in %.0f s (%.0f a second), %s conversions; * is truly best\n",
		count(served), seconds, served/max(seconds, 1e-3), count(float64(visits.converted.Load())))
	writeColumns(&text, rows)
	return text.String()
}

// comparison of the conversions with those that an equal split of the same number of visitors has by the truth.
func (b *board) comparison(visits *visits) string {
	served, converted := float64(visits.served.Load()), float64(visits.converted.Load())
	if served == 0 {
		return ""
	}
	mean := 0.0
	for _, arm := range b.truth.arms() {
		mean += arm.rate / float64(len(b.truth.arms()))
	}
	equal := served * mean
	best := served * b.truth.arms()[bestArm(b.truth.arms())].rate
	return fmt.Sprintf("%s conversions of %s visitors. An equal split of the same visitors gives %s (%+.0f), the best variant alone %s.",
		count(converted), count(served), count(equal), converted-equal, count(best))
}

func bestArm(arms []arm) int {
	best := 0
	for i, arm := range arms {
		if arm.rate > arms[best].rate {
			best = i
		}
	}
	return best
}

// writeColumns aligns the first column left and the others right.
func writeColumns(text *strings.Builder, rows [][]string) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		for i, cell := range row {
			space := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i == 0 {
				text.WriteString(cell + space)
			} else {
				text.WriteString("  " + space + cell)
			}
		}
		text.WriteByte('\n')
	}
}

func percent(share float64) string { return fmt.Sprintf("%.2f %%", 100*share) }

// count with thousands apart: 12,345.
func count(number float64) string {
	digits := fmt.Sprintf("%.0f", number)
	var grouped strings.Builder
	for i, digit := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			grouped.WriteByte(',')
		}
		grouped.WriteRune(digit)
	}
	return grouped.String()
}
