// Timers among many, and timers on time (BenchmarkSleep1000 and BenchmarkParallelTimerLatency of
// time).
package main

import (
	"sync"
	"sync/atomic"
	"time"
)

func sleep1000(n int) time.Duration {
	garbage := make([][]*time.Timer, procs())
	together(len(garbage), func(i int) { garbage[i] = setGarbage() })
	_, elapsed := shared(n, procs(), func(rounds int) int {
		for range rounds {
			together(naps, func(int) { time.Sleep(time.Nanosecond) })
		}
		return rounds
	})
	for _, timers := range garbage {
		for _, timer := range timers {
			must(timer.Stop(), "none has fired")
		}
	}
	return elapsed
}

func setGarbage() []*time.Timer {
	timers := make([]*time.Timer, garbageTimers)
	for i := range timers {
		timers[i] = time.AfterFunc(time.Hour, func() {})
	}
	return timers
}

// Returns how late n rounds of timers fired, all but one of the procs having one each.
func timerLatency(n int) (late time.Duration) {
	for range n {
		late += fireTogether(procs() - 1)
		spin(timerDelay) // the other procs fall asleep
	}
	return late
}

// Returns how late they fired, on average. Who has set them computes until they have.
func fireTogether(timers int) time.Duration {
	var all sync.WaitGroup
	var late, fired atomic.Int64
	all.Add(timers)
	for range timers {
		due := time.Now().Add(timerDelay)
		time.AfterFunc(timerDelay, func() {
			late.Add(int64(max(0, time.Since(due))))
			fired.Add(1)
			for fired.Load() < int64(timers) {
			}
			all.Done()
		})
	}
	for fired.Load() < int64(timers) {
	}
	all.Wait()
	return time.Duration(late.Load()) / time.Duration(timers)
}
