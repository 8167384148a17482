package access

import (
	"testing"
	"time"

	"breakwater/internal/outbreak"
)

func TestCodesAreThoseOfRFC6238(t *testing.T) {
	secret := []byte("12345678901234567890")
	for at, want := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130"} {
		if got := code(secret, at/30); got != want {
			t.Errorf("at %d: %s instead of %s", at, got, want)
		}
	}
	at := outbreak.At(time.Unix(59, 0))
	if step, ok := match(secret, "287082", at, 0); !ok || step != 1 {
		t.Error(step, ok)
	}
	if _, ok := match(secret, "287082", at, 1); ok {
		t.Error("taken again")
	}
	if got := fold(" １２３-45６ "); got != "123456" {
		t.Errorf("%q", got)
	}
}
