package web

import (
	"fmt"
	"testing"

	"breakwater/internal/view/exchange"
)

func TestAReasonOfManyRowsIsSaidOnce(t *testing.T) {
	var problems []exchange.Problem
	for i := range 40 {
		problems = append(problems, exchange.Problem{Row: i + 2, Column: "sex", Value: fmt.Sprint("w", i%6), Reason: "not known", Check: "word"})
		if i == 3 {
			problems = append(problems, exchange.Problem{Row: 5, Column: "onset", Value: "soon", Reason: "no day", Check: "moment"})
		}
	}
	lines, left := problemLines(problems)
	if got, want := fmt.Sprint(lines, left), "[{[2 3 4 5 6] 40 sex [w0 w1 w2 w3] true not known} {[5] 1 onset [soon] false no day}] 0"; got != want || lines[0].Others() != 35 {
		t.Errorf("%s, want %s", got, want)
	}
	problems = nil
	for i := range mostProblems + 7 {
		problems = append(problems, exchange.Problem{Row: i, Reason: fmt.Sprint(i)})
	}
	if lines, left = problemLines(problems); len(lines) != mostProblems || left != 7 {
		t.Errorf("%d lines, %d left", len(lines), left)
	}
}
