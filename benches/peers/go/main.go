// Go: the workloads. harness.go has the command line and the measuring.
package main

import (
	"runtime"
	"sync"
	"time"
)

var workloads = map[string]workload{
	"yield":      {yielding, tasks, 1_000, nil},
	"spawn_join": {spawnJoin, 1, 1_000, nil},
	"spawn_many": {spawnMany, 1, 10_000, times(200_000)},
	"ping_pong":  {pingPong, 1, 1_000, nil},
	"chan_1_1":   {chan1To1, 1, 1_000, nil},
	"chan_4_4":   {chan4To4, lanes, 1_000, nil},
	"mutex":      {mutex, tasks, 1_000, nil},
	"fib":        {forkJoin, fibForks, 1, nil},
	"skynet":     {skynet(children), 1, 10_000, powerOfTen},
	"parked":     {parked, 1, 1_000, times(1_000_000)},
	"sleeps":     {sleeps, 1, 1_000, times(100_000)},
	"stopped":    {stopped, 1, 1_000, times(10_000)},
	"condvar":    {condvar, 1, 1_000, nil},
	"semaphore":  {semaphore, tasks, 1_000, nil},
	"rwlock":     {rwlock, readers + 1, 1_000, nil},
	"scope":      {scope, scoped, 1, nil},
	"sleepers":   {sleepers, 1, 1_000, times(100_000)},

	"skynet_unbuffered":  {skynet(0), 1, 10_000, powerOfTen},
	"create_goroutines":  {createGoroutines, 1, 1_000, nil},
	"create_parallel":    {createParallel, 1, 1_000, nil},
	"ping_pong_hog":      {pingPongHog, 1, 1_000, nil},
	"wakeup_spinning":    {wakeup(spin), len(delays), 10, nil},
	"wakeup_syscall":     {wakeup(nanosleep), len(delays), 10, nil},
	"chan_contended":     {contended, burst, 100, nil},
	"chan_sync_work":     {syncWork, 2 * calls, 1, nil},
	"chan_prod_cons_0":   {prodCons(0), calls, 10, nil},
	"chan_prod_cons_10":  {prodCons(10), calls, 10, nil},
	"chan_prod_cons_100": {prodCons(100), calls, 10, nil},
	"chan_popular":       {popular, popularity, 1, nil},
	"select_sync":        {selectSync, 1, 1_000, nil},
	"select_async":       {selectAsync, 1, 1_000, nil},
	"mutex_no_spin":      {mutexNoSpin, 1, 1_000, nil},
	"mutex_spin":         {mutexSpin, 1, 1_000, nil},
	"sema_nonblock":      {semaNonblock, 1, 1_000, nil},
	"sema_block":         {semaBlock, 1, 1_000, nil},
	"sleep_1000":         {sleep1000, naps, 1, nil},
	"timer_latency":      {timerLatency, 1, 10, times(200)},
	"actor_ring":         {actorRing, 1, 1_000, nil},
	"pipeline":           {pipeline, 1, 1_000, nil},
	"quicksort":          {quicksort, numbers, 1, nil},
	"matrix":             {matrix, 1, 1, nil},
}

func yielding(n int) time.Duration {
	start := time.Now()
	var all sync.WaitGroup
	all.Add(tasks)
	for range tasks {
		go func() {
			for range n {
				runtime.Gosched()
			}
			all.Done()
		}()
	}
	all.Wait()
	return time.Since(start)
}

func spawnJoin(n int) time.Duration {
	start := time.Now()
	value := make(chan int)
	for i := range n {
		go func() { value <- i }()
		must(<-value == i, "a goroutine returns its value")
	}
	return time.Since(start)
}

func spawnMany(n int) time.Duration {
	start := time.Now()
	var all sync.WaitGroup
	all.Add(n)
	for range n {
		go all.Done()
	}
	all.Wait()
	return time.Since(start)
}

func pingPong(n int) time.Duration {
	ping, pong := make(chan int), make(chan int)
	start := time.Now()
	var both sync.WaitGroup
	both.Add(2)
	go func() {
		for ball := range ping {
			pong <- ball
		}
		both.Done()
	}()
	go func() {
		for i := range n {
			ping <- i
			must(<-pong == i, "the ball comes back")
		}
		close(ping)
		both.Done()
	}()
	both.Wait()
	return time.Since(start)
}

func chan1To1(n int) time.Duration {
	items, total := make(chan int, capacity), make(chan int)
	start := time.Now()
	go func() {
		for i := range n {
			items <- i
		}
		close(items)
	}()
	go func() { total <- count(items) }()
	must(<-total == n, "every item arrives")
	return time.Since(start)
}

func chan4To4(n int) time.Duration {
	items, totals := make(chan int, capacity), make(chan int)
	start := time.Now()
	var producers sync.WaitGroup
	producers.Add(lanes)
	for range lanes {
		go func() {
			for i := range n {
				items <- i
			}
			producers.Done()
		}()
		go func() { totals <- count(items) }()
	}
	producers.Wait()
	close(items)
	got := 0
	for range lanes {
		got += <-totals
	}
	must(got == n*lanes, "every item arrives")
	return time.Since(start)
}

func count(items <-chan int) int {
	got := 0
	for range items {
		got++
	}
	return got
}

func mutex(n int) time.Duration {
	var mu sync.Mutex
	total := 0
	start := time.Now()
	var all sync.WaitGroup
	all.Add(tasks)
	for range tasks {
		go func() {
			for range n {
				mu.Lock()
				total++
				mu.Unlock()
			}
			all.Done()
		}()
	}
	all.Wait()
	must(total == n*tasks, "the mutex excludes")
	return time.Since(start)
}

func forkJoin(n int) time.Duration {
	start := time.Now()
	for range n {
		must(fib(fibOf) == fibValue, "fib is right")
	}
	return time.Since(start)
}

func fib(n int) int {
	if n < 2 {
		return n
	}
	left := make(chan int, 1)
	go func() { left <- fib(n - 1) }()
	right := fib(n - 2)
	return right + <-left
}

func skynet(capacity int) func(int) time.Duration {
	return func(leaves int) time.Duration {
		start := time.Now()
		root := make(chan int, capacity)
		go node(root, 0, leaves, capacity)
		must(<-root == leaves*(leaves-1)/2, "skynet loses no leaf")
		return time.Since(start)
	}
}

func node(parent chan<- int, first, leaves, capacity int) {
	if leaves == 1 {
		parent <- first
		return
	}
	parts := make(chan int, capacity)
	share := leaves / children
	for i := range children {
		go node(parts, first+i*share, share, capacity)
	}
	sum := 0
	for range children {
		sum += <-parts
	}
	parent <- sum
}

func parked(n int) time.Duration {
	gate := make(chan struct{}) // nobody sends: they stay parked until the process ends
	start := time.Now()
	var arrived sync.WaitGroup
	arrived.Add(n)
	for range n {
		go func() {
			arrived.Done()
			<-gate
		}()
	}
	arrived.Wait()
	return time.Since(start)
}
