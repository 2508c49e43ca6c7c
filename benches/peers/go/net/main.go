// Go's server: a goroutine for each connection; HTTP with net/http. The cases and constants are the
// twins of those in harness/src/net.rs and harness/src/http.rs.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

const (
	small = 4 * 1024
	large = 16 * 1024

	computes = 20 * time.Millisecond
	blocks   = 5 * time.Millisecond
	body     = "Hello, world!"

	usageError  = 2
	unsupported = 3
)

func main() {
	kase, procs, ok := parse(os.Args[1:])
	if !ok {
		fmt.Fprintln(os.Stderr, "usage: CASE PROCS")
		os.Exit(usageError)
	}
	// Go allows itself as many descriptors as the system does.
	runtime.GOMAXPROCS(procs)
	steps = measureSteps()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	must(err)
	switch kase {
	case "echo":
		listening(listener)
		accept(listener, func(c net.Conn) { echo(c, small) })
	case "bulk":
		listening(listener)
		accept(listener, func(c net.Conn) { echo(c, large) })
	case "close":
		listening(listener)
		accept(listener, func(c net.Conn) { c.Close() })
	case "http":
		http.HandleFunc("/", answer(func() {}))
		http.HandleFunc("/compute", answer(computeLong))
		http.HandleFunc("/block", answer(block))
		listening(listener)
		must(http.Serve(listener, nil))
	default:
		fmt.Fprintln(os.Stderr, "Go needs no marks, and has no hyper")
		os.Exit(unsupported)
	}
}

func parse(argv []string) (string, int, bool) {
	if len(argv) != 2 {
		return "", 0, false
	}
	procs, err := strconv.Atoi(argv[1])
	return argv[0], procs, err == nil && procs > 0
}

// Says where the server listens, and has it end with its input.
func listening(listener net.Listener) {
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
}

func accept(listener net.Listener, handle func(net.Conn)) {
	for {
		c, err := listener.Accept()
		must(err)
		go handle(c)
	}
}

func echo(c net.Conn, size int) {
	defer c.Close()
	buf := make([]byte, size)
	for {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		if _, err := c.Write(buf[:n]); err != nil {
			return
		}
	}
}

func answer(work func()) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		work()
		w.Header().Set("Content-Type", "text/plain")
		io.WriteString(w, body)
	}
}

// Sleeps in the kernel, by a system call of which Go knows, as of all.
func block() {
	left := syscall.NsecToTimespec(blocks.Nanoseconds())
	for syscall.Nanosleep(&left, &left) == syscall.EINTR {
	}
}

// So many steps take as long as a request is to compute.
var steps int

func computeLong() {
	for range steps {
		compute()
	}
}

func measureSteps() int {
	const probe = 1_000
	least := time.Hour
	for range 20 {
		start := time.Now()
		for range probe {
			compute()
		}
		least = min(least, time.Since(start))
	}
	return int(probe * float64(computes) / float64(least))
}

//go:noinline
func compute() uint64 {
	x := uint64(1)
	for range 1_000 {
		x = x*6_364_136_223_846_793_005 + 1
	}
	return x
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
