package label

import (
	"fmt"
	"math"
	"strings"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/code128"
	"github.com/boombuler/barcode/qr"

	"breakwater/internal/outbreak"
)

const (
	qrQuiet     = 4    // modules that stay white around a QR code
	barQuiet    = 10   // modules that stay white on both sides of a Code 128
	leastModule = 0.19 // millimetres: what a hand scanner reads for sure
	leastQR     = 0.33 // what a telephone's camera does
	mostModule  = 0.5
)

// picture is a code in modules, as one path of black rectangles.
type picture struct {
	path   string
	width  float64 // modules, with the quiet zone
	height float64
}

// qrCode draws a text as a QR code that stays readable with a seventh of it torn or dirty.
func qrCode(text string) (picture, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return picture{}, outbreak.Refuse(outbreak.Invalid, "labels.not_drawn").Because(err)
	}
	n := code.Bounds().Dx()
	var b strings.Builder
	for y := range n {
		runs(n, func(x int) bool { return black(code, x, y) }, func(from, to int) {
			fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", qrQuiet+from, qrQuiet+y, to-from, to-from)
		})
	}
	return picture{b.String(), float64(n + 2*qrQuiet), float64(n + 2*qrQuiet)}, nil
}

// bars draws a text as Code 128, a module high: whoever places it stretches it.
func bars(text string) (picture, error) {
	code, err := code128.Encode(text)
	if err != nil {
		return picture{}, outbreak.Refuse(outbreak.Invalid, "labels.not_drawn").Because(err)
	}
	n := code.Bounds().Dx()
	var b strings.Builder
	runs(n, func(x int) bool { return black(code, x, 0) }, func(from, to int) {
		fmt.Fprintf(&b, "M%d 0h%dv1h-%dz", barQuiet+from, to-from, to-from)
	})
	return picture{b.String(), float64(n + 2*barQuiet), 1}, nil
}

func black(code barcode.Barcode, x, y int) bool {
	r, _, _, _ := code.At(x, y).RGBA()
	return r < 0x8000
}

// runs calls do with each run of true.
func runs(n int, is func(int) bool, do func(from, to int)) {
	for x := 0; x < n; x++ {
		if !is(x) {
			continue
		}
		from := x
		for x < n && is(x) {
			x++
		}
		do(from, x)
	}
}

// module gives how wide a module becomes in a room; refused when it would be too narrow to be read.
func module(room, modules, dot, least float64) (float64, error) {
	m := min(room/modules, mostModule)
	if least == leastQR {
		m = room / modules
	}
	if dot > 0 {
		m = math.Floor(m/dot+1e-9) * dot
	}
	if m < least-1e-9 {
		return 0, outbreak.Refuse(outbreak.Invalid, "labels.too_long")
	}
	return m, nil
}
