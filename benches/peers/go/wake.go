// How soon one runs whom another woke, beside somebody who computes or while both do
// (BenchmarkPingPongHog and BenchmarkWakeupParallel).
package main

import (
	"syscall"
	"time"
)

func pingPongHog(n int) time.Duration {
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
			}
		}
	}()
	ping, pong, done := make(chan int), make(chan int), make(chan struct{})
	go func() {
		for ball := range ping {
			pong <- ball
		}
	}()
	start := time.Now()
	go func() {
		for i := range n {
			ping <- i
			must(<-pong == i, "the ball comes back")
		}
		close(ping)
		close(done)
	}()
	<-done
	elapsed := time.Since(start)
	close(stop)
	<-stopped
	return elapsed
}

var delays = [...]time.Duration{0, 1, 2, 5, 10, 20, 50, 100} // microseconds

// Two goroutines wake each other n times for each delay; pause is what they do before they send and
// before they receive. The sender's pause is longer, so that the receiver waits already.
func wakeup(pause func(time.Duration)) func(int) time.Duration {
	return func(n int) (elapsed time.Duration) {
		for _, delay := range delays {
			elapsed += wakeEachOther(n, delay*time.Microsecond, pause)
		}
		return elapsed
	}
}

func wakeEachOther(n int, delay time.Duration, pause func(time.Duration)) time.Duration {
	begin, done := make(chan struct{}), make(chan struct{})
	ping, pong := make(chan int), make(chan int)
	go func() {
		<-begin
		for i := range n {
			pause(delay + wakeDelay)
			ping <- i
			pause(delay)
			must(<-pong == i, "each answers the other")
		}
		done <- struct{}{}
	}()
	go func() {
		for i := range n {
			pause(delay)
			must(<-ping == i, "each answers the other")
			pause(delay + wakeDelay)
			pong <- i
		}
		done <- struct{}{}
	}()
	start := time.Now()
	begin <- struct{}{}
	<-done
	<-done
	return time.Since(start)
}

func spin(d time.Duration) {
	end := time.Now().Add(d)
	for time.Now().Before(end) {
	}
}

// Blocks in the kernel; only time.Sleep would let go of the thread.
func nanosleep(d time.Duration) {
	ts := syscall.NsecToTimespec(d.Nanoseconds())
	for syscall.Nanosleep(&ts, &ts) == syscall.EINTR {
	}
}
