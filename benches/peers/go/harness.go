package main

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// The twins of the constants in harness/src/lib.rs and harness/src/sizes.rs.
const (
	tasks    = 8
	lanes    = 4
	capacity = 128
	children = 10
	readers  = 8
	permits  = 2
	scoped   = 1_000
	fibOf    = 23
	fibValue = 28_657
	fibForks = 46_367

	burst         = 100
	calls         = 1_000
	work          = 1_000
	popularity    = 1_000
	wakeDelay     = 5 * time.Microsecond
	parallelism   = 4
	fewWords      = 4 << 10
	manyWords     = 16 << 10
	naps          = 1_000
	garbageTimers = 1 << 15
	timerDelay    = time.Millisecond
	actors        = 503
	stages        = 5
	stageCapacity = 16
	numbers       = 1_000_000

	target = 400 * time.Millisecond
	probe  = 8

	usageError  = 2
	unsupported = 3
)

type args struct {
	workload string
	procs    int
	scale    float64
}

// A workload of size n is run by run; one of its units has opsPerUnit operations. A workload
// without fixedSize runs for a set time.
type workload struct {
	run        func(n int) time.Duration
	opsPerUnit int
	warmUpSize int
	fixedSize  func(scale float64) int
}

func times(n int) func(float64) int {
	return func(scale float64) int { return int(math.Ceil(float64(n) * scale)) }
}

// A whole tree: a power of its number of children.
func powerOfTen(scale float64) int {
	return int(math.Pow(10, max(1, math.Round(6+math.Log10(scale)))))
}

func parse(argv []string) (args, bool) {
	if len(argv) != 2 && len(argv) != 3 {
		return args{}, false
	}
	a := args{workload: argv[0], scale: 1}
	if _, known := workloads[a.workload]; !known && a.workload != "switch" {
		return args{}, false
	}
	var err error
	if a.procs, err = strconv.Atoi(argv[1]); err != nil || a.procs < 1 {
		return args{}, false
	}
	if len(argv) == 3 {
		if a.scale, err = strconv.ParseFloat(argv[2], 64); err != nil || a.scale <= 0 {
			return args{}, false
		}
	}
	return a, true
}

func measure(a args, w workload) {
	var size int
	if w.fixedSize != nil {
		w.run(w.warmUpSize)
		size = w.fixedSize(a.scale)
	} else {
		size = calibrate(w, a.scale)
	}
	cpuBefore, residentBefore := cpu(), resident()
	elapsed := w.run(size)
	cpu, growth := cpu()-cpuBefore, resident()-residentBefore

	ops := size * w.opsPerUnit
	nsPerOp := func(d time.Duration) float64 { return float64(d) / float64(ops) }
	fmt.Printf("%s %d %.3f cpu=%.3f", a.workload, a.procs, nsPerOp(elapsed), nsPerOp(cpu))
	if a.workload == "parked" || a.workload == "sleepers" {
		fmt.Printf(" bytes=%d", growth/ops)
	}
	fmt.Printf(" ops=%d\n", ops)
}

// Warms up with ever larger sizes until one takes long enough to foretell the size that takes the
// target.
func calibrate(w workload, scale float64) int {
	goal := float64(target) * scale
	size := w.warmUpSize
	for {
		elapsed := float64(w.run(size))
		if elapsed >= goal/probe {
			return max(1, int(float64(size)*goal/elapsed))
		}
		size *= 2
	}
}

// The processor time of all threads until now.
func cpu() time.Duration {
	var usage syscall.Rusage
	must(syscall.Getrusage(syscall.RUSAGE_SELF, &usage) == nil, "every process has its usage")
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// The memory that is resident now, in bytes.
func resident() int {
	status, err := os.Open("/proc/self/status")
	must(err == nil, "/proc/self/status opens")
	defer status.Close()
	for lines := bufio.NewScanner(status); lines.Scan(); {
		if field, found := strings.CutPrefix(lines.Text(), "VmRSS:"); found {
			kib, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(field), " kB"))
			must(err == nil, "VmRSS is a number")
			return kib * 1024
		}
	}
	panic("VmRSS is in /proc/self/status")
}

func must(holds bool, what string) {
	if !holds {
		panic("false: " + what)
	}
}

func procs() int { return runtime.GOMAXPROCS(0) }

// How many of n each of so many workers has to do.
func share(n, workers, worker int) int {
	if worker < n%workers {
		return n/workers + 1
	}
	return n / workers
}

// The sum of what run returns for each worker's share of n, and the time that they take.
func shared(n, workers int, run func(mine int) int) (int, time.Duration) {
	results := make(chan int, workers)
	elapsed := together(workers, func(worker int) { results <- run(share(n, workers, worker)) })
	sum := 0
	for range workers {
		sum += <-results
	}
	return sum, elapsed
}

func main() {
	a, ok := parse(os.Args[1:])
	if !ok {
		fmt.Fprintln(os.Stderr, "usage: WORKLOAD PROCS [SCALE]")
		os.Exit(usageError)
	}
	if a.workload == "switch" {
		fmt.Fprintln(os.Stderr, "Go's goroutines do not switch without its scheduler")
		os.Exit(unsupported)
	}
	w := workloads[a.workload]
	runtime.GOMAXPROCS(a.procs)
	measure(a, w)
}
