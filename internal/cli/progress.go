package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// progress shows how far a long work is: on a terminal one line that is drawn anew, elsewhere (a file, another program) a line of its
// own now and then.
type progress struct {
	to       io.Writer
	terminal bool
	drawn    bool   // a line of the terminal is not ended
	what     string // the last work a line was written of
	tenths   int    // and how far it was then
}

func progressOn(to io.Writer) *progress { return &progress{to: to, terminal: isTerminal(to)} }

// isTerminal tells whether somebody looks on while it is written.
func isTerminal(to io.Writer) bool {
	f, is := to.(*os.File)
	if !is {
		return false
	}
	s, err := f.Stat()
	return err == nil && s.Mode()&os.ModeCharDevice != 0
}

// show shows how far a work is. now names the moment: a label on the terminal.
func (p *progress) show(what, now string, done, all float64) {
	share := done / max(all, 1)
	if p.terminal {
		const width = 30
		n := min(int(share*width), width)
		fmt.Fprintf(p.to, "\r%s [%s%s] ", now, strings.Repeat("#", n), strings.Repeat(".", width-n))
		p.drawn = true
		return
	}
	tenths := int(share * 10)
	if what == p.what && tenths == p.tenths {
		return
	}
	p.what, p.tenths = what, tenths
	fmt.Fprintf(p.to, "%s: %d %%\n", strings.TrimSpace(now), tenths*10)
}

// end ends the line of the terminal, so that others follow below it.
func (p *progress) end() {
	if p.drawn {
		fmt.Fprintln(p.to)
		p.drawn = false
	}
}
