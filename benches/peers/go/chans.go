// One channel and those who crowd around it (BenchmarkChan... of chan_test.go).
package main

import (
	"sync/atomic"
	"time"
)

func contended(n int) time.Duration {
	items := make(chan int, burst*procs())
	got, elapsed := shared(n, procs(), func(bursts int) (got int) {
		for range bursts {
			for i := range burst {
				items <- i
			}
			for range burst {
				got += <-items
			}
		}
		return got
	})
	must(got == n*burst*(burst-1)/2, "every item arrives")
	return elapsed
}

// Two goroutines that take turns in who sends first: the next number that is left decides.
func syncWork(n int) time.Duration {
	items := make(chan int)
	var left atomic.Int64
	left.Store(int64(2 * n))
	got, elapsed := shared(0, 2, func(int) (got int) {
		for turn := left.Add(-1); turn >= 0; turn = left.Add(-1) {
			got += takeTurns(turn%2 == 0, items)
		}
		return got
	})
	must(got == 2*n*calls, "every item arrives")
	return elapsed
}

func takeTurns(receivesFirst bool, items chan int) (got int) {
	for step := range 2 * calls {
		if (step%2 == 0) == receivesFirst {
			got += <-items
		} else {
			items <- 1
		}
		compute(work)
	}
	return got
}

const seed uint64 = 0x9e37_79b9_7f4a_7c15

func xorshift(x uint64) uint64 {
	x ^= x << 13
	x ^= x >> 7
	return x ^ (x << 17)
}

// Computes so many steps, each of which needs the one before: as long in every language.
func compute(steps int) {
	x := seed
	for range steps {
		x = xorshift(x)
	}
	must(x != 0, "xorshift never ends in zero")
}

func prodCons(capacity int) func(int) time.Duration {
	return func(n int) time.Duration {
		items := make(chan int, capacity)
		var left atomic.Int64
		left.Store(int64(n))
		got, elapsed := shared(0, procs(), func(int) (got int) {
			go produce(items, &left)
			for item := <-items; item != 0; item = <-items {
				got += item
			}
			return got
		})
		must(got == n*calls, "every item arrives")
		return elapsed
	}
}

// Ends with a zero, which ends one consumer.
func produce(items chan<- int, left *atomic.Int64) {
	for left.Add(-1) >= 0 {
		for range calls {
			items <- 1
		}
	}
	items <- 0
}

func popular(n int) time.Duration {
	common, totals := make(chan struct{}), make(chan int, popularity)
	own := make([]chan int, popularity)
	start := time.Now()
	for i := range own {
		mine := make(chan int)
		own[i] = mine
		go func() {
			got := 0
			for range n {
				select {
				case <-common:
					panic("nobody sends to all")
				case one := <-mine:
					got += one
				}
			}
			totals <- got
		}()
	}
	for range n {
		for _, mine := range own {
			mine <- 1
		}
	}
	got := 0
	for range own {
		got += <-totals
	}
	must(got == n*popularity, "every item arrives")
	return time.Since(start)
}
