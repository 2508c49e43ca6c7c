package main

import (
	"fmt"
	"math"
	"runtime"
	"runtime/metrics"
	"slices"
	"sync"
	"syscall"
	"time"
)

const callsTime = 200 * time.Millisecond

// Durations as they are taken, by any goroutine.
type durations struct {
	mu  sync.Mutex
	all []time.Duration
}

func (d *durations) add(one time.Duration) {
	d.mu.Lock()
	d.all = append(d.all, one)
	d.mu.Unlock()
}

func (d *durations) len() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.all)
}

// Forgets all; returns how many there were.
func (d *durations) clear() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := len(d.all)
	d.all = d.all[:0]
	return n
}

var parts = []struct {
	key  string
	part float64
}{{"median", 0.5}, {"p99", 0.99}, {"worst", 1}}

func nearestRank(total int, part float64) int {
	return max(1, int(math.Ceil(float64(total)*part)))
}

// Percentiles over `total` times, of which those that are missing never came.
func (d *durations) print(name string, total int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	slices.Sort(d.all)
	for _, p := range parts {
		ns := math.Inf(1)
		if rank := nearestRank(total, p.part); rank <= len(d.all) {
			ns = float64(d.all[rank-1])
		}
		printOne(name+"_"+p.key, ns)
	}
}

func printOne(key string, ns float64) {
	if math.IsInf(ns, 1) {
		fmt.Printf(" %s=inf", key)
	} else {
		fmt.Printf(" %s=%.2f", key, ns)
	}
}

// How long the world takes to stop, as the runtime itself counts it, and the whole call.
func measurePauses(beside func() []func(), a args) {
	var call durations
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	occupy(beside, a.procs)
	before := stopping()
	start := time.Now()
	for call.len() < pauses && time.Since(start) < pausesTime {
		sleep(period)
		asked := time.Now()
		runtime.ReadMemStats(&stats)
		call.add(time.Since(asked))
	}
	after := stopping()
	for i := range after.Counts {
		after.Counts[i] -= before.Counts[i]
	}
	fmt.Printf("total=%d count=%d", pauses, call.len())
	for _, p := range parts {
		printOne("stop_"+p.key, upperBound(after, p.part)*1e9)
	}
	call.print("call", call.len())
}

func stopping() *metrics.Float64Histogram {
	sample := []metrics.Sample{{Name: "/sched/pauses/stopping/other:seconds"}}
	metrics.Read(sample)
	return sample[0].Value.Float64Histogram()
}

// Of the bucket with this percentile.
func upperBound(h *metrics.Float64Histogram, part float64) float64 {
	total := 0
	for _, count := range h.Counts {
		total += int(count)
	}
	left := nearestRank(total, part)
	for i, count := range h.Counts {
		if left -= int(count); left <= 0 {
			return h.Buckets[i+1]
		}
	}
	return math.Inf(1)
}

// What calls of the runtime cost. Go marks a system call as such unless it is a raw one.
func calls() {
	var mu sync.Mutex
	count := 0
	printOne("lock", nsPerCall(func() {
		mu.Lock()
		count++
		mu.Unlock()
	}))
	// A locked goroutine would change threads at each yield.
	runtime.UnlockOSThread()
	printOne("yield", nsPerCall(runtime.Gosched))
	printOne("raw", nsPerCall(func() { syscall.RawSyscall(syscall.SYS_GETPID, 0, 0, 0) }))
	printOne("marked", nsPerCall(func() { syscall.Syscall(syscall.SYS_GETPID, 0, 0, 0) }))
}

func nsPerCall(call func()) float64 {
	run := func(n int) time.Duration {
		start := time.Now()
		for range n {
			call()
		}
		return time.Since(start)
	}
	n := 1_000
	for run(n) < callsTime/8 {
		n *= 2
	}
	n *= 8
	return float64(run(n)) / float64(n)
}
