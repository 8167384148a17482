package collector

import (
	"bufio"
	"bytes"
	"fmt"
	"io/fs"
	"math"
	"path"
	"strconv"
	"strings"
)

// machine gives how many bytes of memory this process may have at most: what the machine has, or what its control group or one above
// allows. Where the system does not say so, as outside Linux, it is as many as there can be. The root is that of the file system.
func machine(root fs.FS) uint64 {
	most := uint64(math.MaxUint64)
	if b, err := fs.ReadFile(root, "proc/meminfo"); err == nil {
		var kilobytes uint64
		if _, err := fmt.Sscanf(string(b), "MemTotal: %d kB", &kilobytes); err == nil {
			most = kilobytes << 10
		}
	}
	b, _ := fs.ReadFile(root, "proc/self/cgroup")
	for lines := bufio.NewScanner(bytes.NewReader(b)); lines.Scan(); {
		group, unified := strings.CutPrefix(lines.Text(), "0::")
		if !unified {
			continue
		}
		for at := path.Join("/", group); ; at = path.Dir(at) {
			b, _ := fs.ReadFile(root, path.Join("sys/fs/cgroup", at, "memory.max"))
			if limit, err := strconv.ParseUint(strings.TrimSpace(string(b)), 10, 64); err == nil {
				most = min(most, limit)
			}
			if at == "/" {
				break
			}
		}
	}
	return most
}
