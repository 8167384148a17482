package testkit

import "syscall"

// dieWithParent ends the server when the test process is killed.
func dieWithParent(a *syscall.SysProcAttr) *syscall.SysProcAttr {
	a.Pdeathsig = syscall.SIGKILL
	return a
}
