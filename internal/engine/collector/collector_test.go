package collector

import (
	"math"
	"testing"
	"testing/fstest"
)

func TestASmallHouseIsNotLookedThroughAllTheTime(t *testing.T) {
	for _, c := range []struct {
		inUse, spare uint64
		share        int
	}{
		{0, ample, mostShare},
		{1 << 20, ample, mostShare},
		{64 << 20, ample, 700},
		{128 << 20, ample, 300},
		{256 << 20, ample, 100},
		{320 << 20, ample, 60},
		{400 << 20, ample, 32},
		{520 << 20, ample, 30},
		{600 << 20, ample, 30},
		{8 << 30, ample, 30},
		{64 << 20, 128 << 20, 200},
		{128 << 20, 256 << 20, 100},
		{400 << 20, 128 << 20, 32},
	} {
		if got := shareFor(c.inUse, c.spare); got != c.share {
			t.Errorf("%d bytes in use, %d to spare: %d per cent instead of %d", c.inUse, c.spare, got, c.share)
		}
	}
}

func TestAHouseKnowsWhatItsMachineHas(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	meminfo := file("MemTotal:        4194304 kB\nMemFree:           11111 kB\n")
	for name, c := range map[string]struct {
		root        fstest.MapFS
		most, spare uint64
	}{
		"nothing is said": {fstest.MapFS{}, math.MaxUint64, ample},
		"a machine":       {fstest.MapFS{"proc/meminfo": meminfo}, 4 << 30, ample},
		"a small one":     {fstest.MapFS{"proc/meminfo": file("MemTotal: 1048576 kB\n")}, 1 << 30, 256 << 20},
		"a container":     {fstest.MapFS{"proc/meminfo": meminfo, "proc/self/cgroup": file("0::/\n"), "sys/fs/cgroup/memory.max": file("268435456\n")}, 256 << 20, leastRoom},
		"a service of a system that allows its group less": {fstest.MapFS{"proc/meminfo": meminfo, "proc/self/cgroup": file("12:cpu:/x\n0::/system.slice/breakwater.service\n"),
			"sys/fs/cgroup/system.slice/breakwater.service/memory.max": file("max\n"), "sys/fs/cgroup/system.slice/memory.max": file("2147483648\n")}, 2 << 30, 512 << 20},
		"nonsense": {fstest.MapFS{"proc/meminfo": file("much"), "proc/self/cgroup": file("0::../../..\n"), "sys/fs/cgroup/memory.max": file("-1")}, math.MaxUint64, ample},
	} {
		if got := machine(c.root); got != c.most || spareOf(got) != c.spare {
			t.Errorf("%s: %d bytes, %d to spare", name, got, spareOf(got))
		}
	}
}
