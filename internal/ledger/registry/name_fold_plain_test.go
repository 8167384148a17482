package registry

import (
	"slices"
	"testing"
)

// TestThePlainWayFoldsAlike folds every Chinese character both ways.
func TestThePlainWayFoldsAlike(t *testing.T) {
	for r := '\u4e00'; r <= '\u9fff'; r++ {
		name := "王" + string(r)
		plain, is := foldPlain(name)
		if whole := foldWhole(name); !is || !slices.Equal(plain, whole) {
			t.Fatalf("%s: %q and %q", name, plain, whole)
		}
	}
	for _, name := range []string{"", "王 小明", "王a", "Müller", "王·明"} {
		if f, is := foldPlain(name); is {
			t.Errorf("%q is folded the plain way to %q", name, f)
		}
	}
}
