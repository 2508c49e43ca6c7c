// The fork-join workloads; harness/src/forkjoin.rs has their twins, line by line.
package main

import (
	"slices"
	"time"
)

// Runs two functions, maybe at once, and waits for both.
func join(a, b func()) {
	done := make(chan struct{})
	go func() {
		a()
		close(done)
	}()
	b()
	<-done
}

func inTurn(a, b func()) {
	a()
	b()
}

// So many numbers are sorted without another fork.
const sortAlone = 5 * 1_024

// Sorts n times.
func quicksort(n int) (elapsed time.Duration) {
	for range n {
		elapsed += sortOnce()
	}
	return elapsed
}

func sortOnce() time.Duration {
	random := make([]uint64, numbers)
	x, sum := seed, uint64(0)
	for i := range random {
		random[i] = x
		sum += x
		x = xorshift(x)
	}
	start := time.Now()
	sort(random, join)
	elapsed := time.Since(start)
	for _, number := range random {
		sum -= number
	}
	must(slices.IsSorted(random) && sum == 0, "quicksort sorts")
	return elapsed
}

func sort(random []uint64, both func(a, b func())) {
	if len(random) <= 1 {
		return
	}
	if len(random) <= sortAlone {
		both = inTurn
	}
	middle := partition(random)
	both(
		func() { sort(random[:middle], both) },
		func() { sort(random[middle+1:], both) },
	)
}

// Puts the last number where it belongs, lesser ones before it, and returns the place.
func partition(random []uint64) int {
	last, middle := len(random)-1, 0
	for i := range last {
		if random[i] <= random[last] {
			random[i], random[middle] = random[middle], random[i]
			middle++
		}
	}
	random[middle], random[last] = random[last], random[middle]
	return middle
}

// Rows of a matrix, and of a block that is multiplied without another fork.
const (
	side  = 256
	block = 32
)

// Multiplies n times.
func matrix(n int) (elapsed time.Duration) {
	a := filled(func(i, j int) int { return (3*i + j) % 7 })
	b := filled(func(i, j int) int { return (i + 5*j) % 11 })
	for range n {
		product := make([]float64, side*side)
		start := time.Now()
		multiply(a, b, product)
		elapsed += time.Since(start)
		checkProduct(a, b, product)
	}
	return elapsed
}

// Adds the product of a and b to c. A matrix is its four quarters, one after the other, down to a
// block, whose rows follow each other.
func multiply(a, b, c []float64) {
	if len(c) <= block*block {
		multiplyBlock(a, b, c)
		return
	}
	quarter := len(c) / 4
	of := func(m []float64, i, j int) []float64 { return m[(2*i+j)*quarter:][:quarter] }
	add := func(i, j int) func() {
		return func() {
			multiply(of(a, i, 0), of(b, 0, j), of(c, i, j))
			multiply(of(a, i, 1), of(b, 1, j), of(c, i, j))
		}
	}
	join(
		func() { join(add(0, 0), add(0, 1)) },
		func() { join(add(1, 0), add(1, 1)) },
	)
}

func multiplyBlock(a, b, c []float64) {
	for i := range block {
		sums := c[i*block:][:block]
		for k, factor := range a[i*block:][:block] {
			for j, other := range b[k*block:][:block] {
				sums[j] += factor * other
			}
		}
	}
}

// Where the element of row i and column j lies.
func place(i, j int) int {
	start := 0
	for half := side / 2; half >= block; half /= 2 {
		start += (2*(i/half%2) + j/half%2) * half * half
	}
	return start + i%block*block + j%block
}

// Whole numbers, so that every sum is exact, in whatever order it was added up.
func filled(value func(i, j int) int) []float64 {
	m := make([]float64, side*side)
	for i := range side {
		for j := range side {
			m[place(i, j)] = float64(value(i, j))
		}
	}
	return m
}

// (ab)x = a(bx), where each element of x is one.
func checkProduct(a, b, product []float64) {
	timesOne := func(m []float64, i int) (sum float64) {
		for j := range side {
			sum += m[place(i, j)]
		}
		return sum
	}
	var bx [side]float64
	for k := range bx {
		bx[k] = timesOne(b, k)
	}
	for i := range side {
		abx := 0.0
		for k, x := range bx {
			abx += a[place(i, k)] * x
		}
		must(timesOne(product, i) == abx, "the product is right")
	}
}
