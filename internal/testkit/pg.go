package testkit

import (
	"bytes"
	"context"
	"database/sql"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// Cluster is a throw-away PostgreSQL server.
type Cluster struct {
	dir  string
	bin  string
	args []string
	cred *syscall.Credential
	port int
	cmd  *exec.Cmd
}

var (
	shared     *Cluster
	sharedErr  error
	sharedOnce sync.Once
	databases  atomic.Int64
)

// histories is how many random histories a test of properties tries unless -rapid.checks asks for more; each goes through a database.
const histories = "40"

// Main runs a package's tests and ends the shared cluster after them.
func Main(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("rapid.checks"); f != nil && f.Value.String() == f.DefValue {
		if err := f.Value.Set(histories); err != nil {
			panic(err)
		}
	}
	code := m.Run()
	if shared != nil {
		shared.Stop()
	}
	forgetPatterns()
	os.Exit(code)
}

// PostgreSQL gives the address of a fresh, empty database in this process's shared cluster.
func PostgreSQL(t testing.TB) string {
	t.Helper()
	cluster(t)
	where, err := shared.Database(fmt.Sprintf("test_%d", databases.Add(1)))
	if err != nil {
		t.Fatal(err)
	}
	return where
}

// cluster starts the shared server the first time it is asked for.
func cluster(t testing.TB) {
	t.Helper()
	bin := pgBin()
	if bin == "" {
		if os.Getenv("BREAKWATER_REQUIRE_PG") != "" {
			t.Fatal("no PostgreSQL server is installed, and BREAKWATER_REQUIRE_PG asks for one")
		}
		t.Skip("no PostgreSQL server is installed: this half of the suite did not run")
	}
	sharedOnce.Do(func() { shared, sharedErr = StartCluster(bin, false) })
	if sharedErr != nil {
		t.Fatal(sharedErr)
	}
}

// PGBin finds the folder of an installed server; empty when there is none.
func PGBin() string { return pgBin() }

func pgBin() string {
	tries := []string{os.Getenv("BREAKWATER_PG_BIN")}
	if out, err := exec.Command("pg_config", "--bindir").Output(); err == nil {
		tries = append(tries, string(out[:max(len(out)-1, 0)]))
	}
	known, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	tries = append(tries, known...)
	if p, err := exec.LookPath("initdb"); err == nil {
		tries = append(tries, filepath.Dir(p))
	}
	for _, dir := range tries {
		if dir == "" {
			continue
		}
		_, noInit := os.Stat(filepath.Join(dir, "initdb"))
		_, noServer := os.Stat(filepath.Join(dir, "postgres"))
		if noInit == nil && noServer == nil {
			return dir
		}
	}
	return ""
}

// StartCluster makes and starts a server; durable keeps fsync on, for crash tests. As root it runs as another user.
func StartCluster(bin string, durable bool) (*Cluster, error) {
	dir, err := os.MkdirTemp("/tmp", "bwpg")
	if err != nil {
		return nil, err
	}
	return StartClusterIn(dir, bin, durable)
}

// StartClusterIn is StartCluster in a folder of the caller's.
func StartClusterIn(dir, bin string, durable bool) (*Cluster, error) {
	c := &Cluster{dir: dir}
	cred, err := credential(dir)
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	init := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "breakwater", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	init.SysProcAttr = &syscall.SysProcAttr{Credential: cred}
	init.Dir = dir
	if out, err := init.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("making a PostgreSQL cluster: %w: %s", err, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	c.port = l.Addr().(*net.TCPAddr).Port
	if err := l.Close(); err != nil {
		return nil, err
	}
	c.bin, c.cred = bin, cred
	c.args = []string{"-D", data, "-k", dir, "-h", "127.0.0.1", "-p", strconv.Itoa(c.port), "-c", "max_connections=200"}
	if !durable {
		c.args = append(c.args, "-c", "fsync=off", "-c", "full_page_writes=off")
	}
	return c, c.Start()
}

// Start starts the server and waits until it answers. After a Kill it begins again while what is left of the old one still
// holds the memory.
func (c *Cluster) Start() error {
	var err error
	for range 50 {
		if err = c.start(); err == nil {
			return nil
		}
		_ = c.cmd.Process.Kill()
		_ = c.cmd.Wait()
		time.Sleep(200 * time.Millisecond)
	}
	return err
}

func (c *Cluster) start() error {
	c.cmd = exec.Command(filepath.Join(c.bin, "postgres"), c.args...)
	c.cmd.SysProcAttr = dieWithParent(&syscall.SysProcAttr{Credential: c.cred})
	c.cmd.Dir = c.dir
	log, err := os.OpenFile(filepath.Join(c.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	c.cmd.Stdout, c.cmd.Stderr = log, log
	if err := c.cmd.Start(); err != nil {
		return fmt.Errorf("starting PostgreSQL: %w", err)
	}
	return c.ready()
}

// Revive starts the server again if it has ended by itself, and waits until it answers.
func (c *Cluster) Revive() error {
	if err := c.ready(); err == nil {
		return nil
	}
	_ = c.Kill() // what is left of it
	return c.Start()
}

// Kill ends the postmaster without warning; the processes it has started notice and end too.
func (c *Cluster) Kill() error {
	if err := c.cmd.Process.Kill(); err != nil {
		return fmt.Errorf("killing PostgreSQL: %w", err)
	}
	_ = c.cmd.Wait()
	return nil
}

func (c *Cluster) ready() error {
	db, err := sql.Open("pgx", c.url("postgres"))
	if err != nil {
		return err
	}
	defer db.Close()
	for range 500 {
		if err = db.PingContext(context.Background()); err == nil {
			return nil
		}
		if end, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.cmd.Process.Pid)); bytes.Contains(end, []byte(") Z ")) {
			break // it has ended already
		}
		time.Sleep(20 * time.Millisecond)
	}
	return fmt.Errorf("PostgreSQL does not answer: %w", err)
}

func (c *Cluster) url(database string) string {
	return fmt.Sprintf("postgres://breakwater@127.0.0.1:%d/%s?sslmode=disable", c.port, database)
}

// Database makes an empty database and gives its address.
func (c *Cluster) Database(name string) (string, error) { return c.database(name, "") }

// database makes a database as a copy of another; empty: of none.
func (c *Cluster) database(name, of string) (string, error) {
	db, err := sql.Open("pgx", c.url("postgres"))
	if err != nil {
		return "", err
	}
	defer db.Close()
	if of != "" {
		of = " template " + of
	}
	if _, err := db.Exec("create database " + name + of); err != nil {
		return "", fmt.Errorf("making database %s: %w", name, err)
	}
	return c.url(name), nil
}

// RunSQL runs statements, as a dump of a database holds them.
func RunSQL(where, statements string) error {
	db, err := sql.Open("pgx", where)
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.Exec(statements)
	return err
}

// Stop ends the server and removes its files.
func (c *Cluster) Stop() {
	_ = c.cmd.Process.Signal(syscall.SIGQUIT)
	_ = c.cmd.Wait()
	_ = os.RemoveAll(c.dir)
}

// credential names the unprivileged user the server runs as when we are root, and hands the folder over.
func credential(dir string) (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		if u, err = user.Lookup("nobody"); err != nil {
			return nil, fmt.Errorf("finding a user to run PostgreSQL as: %w", err)
		}
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, os.Chown(dir, uid, gid)
}
