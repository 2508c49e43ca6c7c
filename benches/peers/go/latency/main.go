// Go, beside goroutines that keep their threads. The constants and cases are the twins of those in
// harness/src/latency.rs.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	period      = time.Millisecond
	burstTime   = 30 * time.Millisecond
	readers     = 4
	writePeriod = 50 * time.Millisecond
	pauses      = 1_000
	pausesTime  = 20 * time.Second
	patience    = 500 * time.Millisecond
	grace       = time.Second
	limit       = 40 * time.Second

	usageError  = 2
	unsupported = 3
	timedOut    = 4
)

type args struct {
	kase, mark string
	procs      int
	seconds    int
}

type stamp struct{ due, sent time.Time }

func main() {
	a, ok := parse(os.Args[1:])
	if !ok {
		fmt.Fprintln(os.Stderr, "usage: CASE MARK PROCS SECONDS")
		os.Exit(usageError)
	}
	switch a.mark {
	case "plain":
		// The nearest to an ordinary thread: it sleeps in the kernel. Coming back, it needs a P.
		runtime.LockOSThread()
	case "timer":
		sleep = time.Sleep
	default:
		fmt.Fprintln(os.Stderr, "in Go every system call is marked, and nothing else can be")
		os.Exit(unsupported)
	}
	runtime.GOMAXPROCS(a.procs)
	go func() {
		runtime.LockOSThread()
		sleepInKernel(limit + time.Duration(a.seconds)*time.Second)
		fmt.Fprintln(os.Stderr, "not ready in time")
		os.Exit(timedOut)
	}()
	switch a.kase {
	case "calls":
		calls()
	case "pauses_quiet":
		measurePauses(nil, a)
	case "pauses_hogs":
		measurePauses(times(a.procs, hog), a)
	default:
		waits(besides(a.procs)[a.kase], a)
	}
	fmt.Println()
	os.Exit(0)
}

func parse(argv []string) (args, bool) {
	if len(argv) != 4 {
		return args{}, false
	}
	a := args{kase: argv[0], mark: argv[1]}
	var err1, err2 error
	a.procs, err1 = strconv.Atoi(argv[2])
	a.seconds, err2 = strconv.Atoi(argv[3])
	_, known := besides(1)[a.kase]
	known = known || a.kase == "calls" || a.kase == "pauses_quiet" || a.kase == "pauses_hogs"
	return a, known && err1 == nil && err2 == nil && a.procs > 0 && a.seconds > 0
}

// What goes on beside: the steps of each goroutine.
func besides(procs int) map[string]func() []func() {
	return map[string]func() []func(){
		"quiet":  nil,
		"hogs":   times(procs, hog),
		"bursts": times(procs, burst),
		"reads":  reads,
	}
}

// What a message waits, from when it was sent, and from when it was due.
func waits(beside func() []func(), a args) {
	total := a.seconds * 1_000
	var fromSent, fromDue durations
	items := make(chan stamp, total)
	go func() {
		for item := range items {
			now := time.Now()
			fromSent.add(now.Sub(item.sent))
			fromDue.add(now.Sub(item.due))
		}
	}()
	now := time.Now()
	items <- stamp{now, now}
	waitUntil(patience, func() bool { return fromDue.clear() > 0 })
	fromSent.clear()
	occupy(beside, a.procs)
	start := time.Now()
	for i := range total {
		due := start.Add(period * time.Duration(i+1))
		sleep(time.Until(due))
		items <- stamp{due, time.Now()}
	}
	waitUntil(grace, func() bool { return fromDue.len() == total })
	fmt.Printf("total=%d count=%d", total, fromDue.len())
	fromSent.print("sent", total)
	fromDue.print("due", total)
}

// Starts what goes on beside, and waits until it has the processors.
func occupy(beside func() []func(), procs int) {
	if beside == nil {
		return
	}
	steps := beside()
	var begun atomic.Int64
	for _, step := range steps {
		go func() {
			begun.Add(1)
			for {
				step()
				runtime.Gosched()
			}
		}()
	}
	busy := int64(min(len(steps), procs))
	waitUntil(patience, func() bool { return begun.Load() >= busy })
}

func times(n int, step func()) func() []func() {
	return func() []func() {
		steps := make([]func(), n)
		for i := range steps {
			steps[i] = step
		}
		return steps
	}
}

func hog() {
	x := uint64(1)
	for {
		x = compute(x)
	}
}

func burst() {
	x := uint64(1)
	for start := time.Now(); time.Since(start) < burstTime; {
		x = compute(x)
	}
}

//go:noinline
func compute(x uint64) uint64 {
	for range 1_000 {
		x = x*6_364_136_223_846_793_005 + 1
	}
	return x
}

// Steps that read a byte each, and a thread that writes now and then. The descriptors block, and Go's
// poller does not know of them.
func reads() []func() {
	steps := make([]func(), readers)
	var writers [readers]int
	for i := range steps {
		var ends [2]int
		must(syscall.Pipe(ends[:]) == nil, "a pipe")
		writers[i] = ends[1]
		steps[i] = func() {
			var b [1]byte
			n, err := syscall.Read(ends[0], b[:])
			must(n == 1 || err == syscall.EINTR, "a byte comes")
		}
	}
	go func() {
		runtime.LockOSThread()
		for {
			sleepInKernel(writePeriod)
			for _, writer := range writers {
				_, err := syscall.Write(writer, []byte{1})
				must(err == nil, "the pipe has room")
			}
		}
	}()
	return steps
}

// How the sender sleeps.
var sleep = sleepInKernel

func sleepInKernel(d time.Duration) {
	if d > 0 {
		left := syscall.NsecToTimespec(d.Nanoseconds())
		for syscall.Nanosleep(&left, &left) == syscall.EINTR {
		}
	}
}

func waitUntil(patience time.Duration, holds func() bool) {
	for start := time.Now(); !holds() && time.Since(start) < patience; {
		sleep(period)
	}
}

func must(holds bool, what string) {
	if !holds {
		panic("false: " + what)
	}
}
