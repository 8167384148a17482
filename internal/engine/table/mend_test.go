package table

import "testing"

// TestChineseWordsAreNotMended reads words whose bytes in GB 18030 are UTF-8 by chance, and some that were read in the wrong encoding.
func TestChineseWordsAreNotMended(t *testing.T) {
	for _, word := range []string{"职业", "联通", "茅", "姓名", "现住址"} {
		if mended, how, wrong := Mend(word); wrong {
			t.Errorf("%s became %q: %s", word, mended, how)
		}
	}
	for broken, word := range map[string]string{"濮撳悕": "姓名", "caf茅": "café"} {
		if mended, _, wrong := Mend(broken); !wrong || mended != word {
			t.Errorf("%s is %q instead of %s", broken, mended, word)
		}
	}
}
