// One mutex, and work that makes spinning for it useless or useful; the semaphore below Go's locks
// (BenchmarkMutexNoSpin, BenchmarkMutexSpin and BenchmarkSemaSynt... of sync).
package main

import (
	"sync"
	"time"
	_ "unsafe" // for go:linkname
)

func mutexNoSpin(n int) time.Duration {
	return contend(n, parallelism*procs(), func(mine int, lock func()) (locked int) {
		woken, words := make(chan struct{}), make([]uint64, fewWords)
		for i := range mine {
			if i%4 == 0 {
				lock()
				locked++
			} else {
				touch(words)
				// A yield that does not go behind all others.
				go func() { woken <- struct{}{} }()
				<-woken
			}
		}
		return locked
	})
}

func mutexSpin(n int) time.Duration {
	return contend(n, procs(), func(mine int, lock func()) int {
		words := make([]uint64, manyWords)
		for range mine {
			lock()
			touch(words)
		}
		return mine
	})
}

// Runs worker so many times, each with its share of n; it returns how often it had the mutex.
func contend(n, workers int, worker func(mine int, lock func()) int) time.Duration {
	var mu sync.Mutex
	count := 0
	lock := func() {
		mu.Lock()
		count++
		mu.Unlock()
	}
	locked, elapsed := shared(n, workers, func(mine int) int { return worker(mine, lock) })
	must(locked == count, "the mutex excludes")
	return elapsed
}

// Touches each fourth of the words.
func touch(words []uint64) {
	for i := 0; i < len(words); i += 4 {
		words[i]++
	}
}

//go:linkname semacquire sync.runtime_Semacquire
func semacquire(permits *uint32)

//go:linkname semrelease sync.runtime_Semrelease
func semrelease(permits *uint32, handoff bool, skipFrames int)

func semaNonblock(n int) time.Duration { return sema(n, 0) }

func semaBlock(n int) time.Duration { return sema(n, procs()/2) }

// Each worker gives and takes, and gives one more at its end: takers is how many of those somebody
// else takes meanwhile.
func sema(n, takers int) time.Duration {
	permits, taken := new(uint32), make(chan struct{})
	go func() {
		for range takers {
			semacquire(permits)
		}
		close(taken)
	}()
	_, elapsed := shared(n, procs(), func(mine int) int {
		for range mine {
			semrelease(permits, false, 0)
			semacquire(permits)
		}
		semrelease(permits, false, 0)
		return mine
	})
	<-taken
	must(int(*permits) == procs()-takers, "no permit is lost")
	return elapsed
}
