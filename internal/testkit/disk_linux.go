package testkit

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// BreakDisk makes this process's disk fail for the files it has open below dir: "write" or "sync" answers with an error
// number from now on, in every thread, and nothing can undo it. It asks the kernel for that, so that what fails is the real
// call of the real database.
func BreakDisk(dir, call string, with syscall.Errno) error {
	calls := map[string][]uint32{"write": {unix.SYS_WRITE, unix.SYS_PWRITE64}, "sync": {unix.SYS_FSYNC, unix.SYS_FDATASYNC}}[call]
	if calls == nil {
		return fmt.Errorf("breaking %q, which is no call", call)
	}
	files, err := openBelow(dir)
	if err != nil {
		return err
	}
	const offsetOfCall, offsetOfFirst = 0, 16 // of struct seccomp_data
	load := func(at uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: at}
	}
	equal := func(k uint32, yes, no uint8) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: k, Jt: yes, Jf: no}
	}
	give := func(k uint32) unix.SockFilter { return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: k} }
	var program []unix.SockFilter
	for _, nr := range calls {
		for _, fd := range files {
			program = append(program, load(offsetOfCall), equal(nr, 0, 3), load(offsetOfFirst), equal(uint32(fd), 0, 1), give(unix.SECCOMP_RET_ERRNO|uint32(with)))
		}
	}
	program = append(program, give(unix.SECCOMP_RET_ALLOW))
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("giving up new privileges: %w", err)
	}
	list := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	if _, _, no := syscall.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&list))); no != 0 {
		return fmt.Errorf("asking the kernel to fail: %w", no)
	}
	return nil
}

// openBelow lists the descriptors of files below a folder.
func openBelow(dir string) (files []int, err error) {
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return nil, err
	}
	names, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return nil, err
	}
	for _, n := range names {
		to, err := os.Readlink("/proc/self/fd/" + n.Name())
		if err != nil || !strings.HasPrefix(to, dir+"/") {
			continue
		}
		fd, err := strconv.Atoi(n.Name())
		if err != nil {
			return nil, err
		}
		files = append(files, fd)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("no file is open below %s", dir)
	}
	return files, nil
}
