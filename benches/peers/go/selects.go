// Several who select between the same channels (BenchmarkSelect...Contended of chan_test.go).
package main

import "time"

func selectSync(n int) time.Duration {
	first, second, third := make(chan int), make(chan int), make(chan int)
	done := make(chan struct{})
	send := func() {
		for {
			select {
			case first <- 1:
			case second <- 1:
			case third <- 1:
			case <-done:
				return
			}
		}
	}
	got, elapsed := shared(n, procs(), func(mine int) (got int) {
		go send()
		for range mine {
			select {
			case one := <-first:
				got += one
			case one := <-second:
				got += one
			case one := <-third:
				got += one
			}
		}
		return got
	})
	close(done)
	must(got == n, "every item arrives")
	return elapsed
}

func selectAsync(n int) time.Duration {
	first, second := make(chan int, procs()), make(chan int, procs())
	got, elapsed := shared(n, procs(), func(mine int) (got int) {
		first <- 1
		for range mine {
			select {
			case one := <-first:
				got += one
				second <- one
			case one := <-second:
				got += one
				first <- one
			}
		}
		return got
	})
	must(got == n, "every item arrives")
	return elapsed
}
