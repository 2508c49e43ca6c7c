// Goroutines that each start the next (BenchmarkCreateGoroutines).
package main

import "time"

func createGoroutines(n int) time.Duration { return chains(n, 1) }

func createParallel(n int) time.Duration { return chains(n, procs()) }

func chains(n, count int) time.Duration {
	ended := make(chan int)
	start := time.Now()
	for i := range count {
		go chain(0, share(n, count, i), ended)
	}
	made := 0
	for range count {
		made += <-ended
	}
	must(made == n, "every goroutine starts the next")
	return time.Since(start)
}

func chain(made, length int, ended chan<- int) {
	if made == length {
		ended <- made
		return
	}
	go chain(made+1, length, ended)
}
