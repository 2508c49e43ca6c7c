// What waits for time, and what waits for several.
package main

import (
	"sync"
	"sync/atomic"
	"time"
)

// How long goroutine i of sleeps sleeps: 1 to 10 ms.
func sleepOf(i int) time.Duration {
	return time.Duration(1_000+i*7_919%9_001) * time.Microsecond
}

// All of n goroutines, and the time that they take.
func together(n int, run func(i int)) time.Duration {
	start := time.Now()
	var all sync.WaitGroup
	all.Add(n)
	for i := range n {
		go func() {
			run(i)
			all.Done()
		}()
	}
	all.Wait()
	return time.Since(start)
}

func sleeps(n int) time.Duration {
	return together(n, func(i int) { time.Sleep(sleepOf(i)) })
}

func stopped(n int) time.Duration {
	start := time.Now()
	timers := make([]*time.Timer, n)
	for i := range timers {
		timers[i] = time.NewTimer(time.Hour)
	}
	for _, timer := range timers {
		must(timer.Stop(), "none has fired")
	}
	return time.Since(start)
}

func condvar(n int) time.Duration {
	var mu sync.Mutex
	turns := [2]*sync.Cond{sync.NewCond(&mu), sync.NewCond(&mu)}
	ball := 0
	return together(2, func(side int) {
		mu.Lock()
		for range n {
			for ball%2 != side {
				turns[side].Wait()
			}
			ball++
			turns[1-side].Signal()
		}
		mu.Unlock()
	})
}

func semaphore(n int) time.Duration {
	free := make(chan struct{}, permits)
	return together(tasks, func(int) {
		for range n {
			free <- struct{}{}
			<-free
		}
	})
}

func rwlock(n int) time.Duration {
	var mu sync.RWMutex
	number := 0
	elapsed := together(readers+1, func(i int) {
		for range n {
			if i == readers {
				mu.Lock()
				number++
				mu.Unlock()
			} else {
				mu.RLock()
				must(number <= n, "the writer counts")
				mu.RUnlock()
			}
		}
	})
	must(number == n, "the lock excludes")
	return elapsed
}

func scope(n int) time.Duration {
	var count atomic.Int64
	start := time.Now()
	for range n {
		together(scoped, func(int) { count.Add(1) })
	}
	must(count.Load() == int64(n*scoped), "every child runs")
	return time.Since(start)
}

func sleepers(n int) time.Duration {
	start := time.Now()
	var arrived sync.WaitGroup
	arrived.Add(n)
	for range n {
		go func() {
			arrived.Done()
			time.Sleep(time.Hour)
		}()
	}
	arrived.Wait()
	return time.Since(start)
}
