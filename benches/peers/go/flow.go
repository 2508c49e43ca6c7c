// Values that go from one goroutine to the next: round a ring of actors, down a pipeline.
package main

import "time"

// The thread-ring of the Computer Language Benchmarks Game: the token says how often it is still
// passed on, and who holds it at the end says who it is.
func actorRing(n int) time.Duration {
	answer, first := make(chan int, 1), make(chan int, 1)
	start := time.Now()
	mailbox := first
	for id := range actors - 1 {
		next := make(chan int, 1)
		go act(id, mailbox, next, answer)
		mailbox = next
	}
	first <- n
	go act(actors-1, mailbox, first, answer)
	must(<-answer == n%actors, "the token goes round")
	return time.Since(start)
}

// Ends when its mailbox is closed, and so does then the next.
func act(id int, mailbox <-chan int, next, answer chan<- int) {
	defer close(next)
	for left := range mailbox {
		if left == 0 {
			answer <- id
			return
		}
		next <- left - 1
	}
}

func pipeline(n int) time.Duration {
	start := time.Now()
	source := make(chan int, stageCapacity)
	go func() {
		for item := range n {
			source <- item
		}
		close(source)
	}()
	items := source
	for range stages {
		before, after := items, make(chan int, stageCapacity)
		go func() {
			for item := range before {
				after <- item + 1
			}
			close(after)
		}()
		items = after
	}
	sum := 0
	for item := range items {
		sum += item
	}
	must(sum == n*(n-1)/2+n*stages, "every item goes through every stage")
	return time.Since(start)
}
