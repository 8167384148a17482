package cli

import "testing"

func TestASmallHouseIsNotLookedThroughAllTheTime(t *testing.T) {
	for _, c := range []struct {
		inUse uint64
		share int
	}{
		{0, mostShare},
		{1 << 20, mostShare},
		{64 << 20, 200},
		{128 << 20, 100},
		{320 << 20, 100},
		{400 << 20, 60},
		{520 << 20, 30},
		{600 << 20, 30},
		{8 << 30, 30},
	} {
		if got := shareFor(c.inUse); got != c.share {
			t.Errorf("%d bytes in use: %d per cent instead of %d", c.inUse, got, c.share)
		}
	}
}
