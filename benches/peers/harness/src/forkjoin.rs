//! The fork-join workloads, as rayon's own demo has them. A runtime says how it runs two closures side
//! by side; `go/forkjoin.go` is the same in Go.

use std::time::{Duration, Instant};

use crate::sizes::NUMBERS;
use crate::work::{SEED, xorshift};

/// How a runtime runs two closures, maybe at once, and waits for both.
pub trait Join {
    fn join(a: impl FnOnce() + Send, b: impl FnOnce() + Send);
}

/// One after the other.
struct InTurn;

impl Join for InTurn {
    fn join(a: impl FnOnce() + Send, b: impl FnOnce() + Send) {
        a();
        b();
    }
}

/// So many numbers are sorted without another fork.
const SORT_ALONE: usize = 5 * 1_024;

/// Sorts `n` times.
pub fn quicksort<J: Join>(n: u64) -> Duration {
    (0..n).map(|_| sort_once::<J>()).sum()
}

fn sort_once<J: Join>() -> Duration {
    let mut numbers: Vec<u64> =
        std::iter::successors(Some(SEED), |&x| Some(xorshift(x))).take(NUMBERS).collect();
    let sum_of = |numbers: &[u64]| numbers.iter().fold(0, |sum: u64, &x| sum.wrapping_add(x));
    let sum = sum_of(&numbers);
    let start = Instant::now();
    sort::<J>(&mut numbers);
    let elapsed = start.elapsed();
    assert!(numbers.is_sorted() && sum_of(&numbers) == sum, "quicksort sorts");
    elapsed
}

fn sort<J: Join>(numbers: &mut [u64]) {
    if numbers.len() <= SORT_ALONE { sort_by::<InTurn>(numbers) } else { sort_by::<J>(numbers) }
}

fn sort_by<J: Join>(numbers: &mut [u64]) {
    if numbers.len() > 1 {
        let middle = partition(numbers);
        let (less, more) = numbers.split_at_mut(middle);
        J::join(|| sort::<J>(less), || sort::<J>(&mut more[1..]));
    }
}

/// Puts the last number where it belongs, lesser ones before it, and returns the place.
fn partition(numbers: &mut [u64]) -> usize {
    let last = numbers.len() - 1;
    let mut middle = 0;
    for i in 0..last {
        if numbers[i] <= numbers[last] {
            numbers.swap(i, middle);
            middle += 1;
        }
    }
    numbers.swap(middle, last);
    middle
}

/// Rows of a matrix, and of a block that is multiplied without another fork.
const SIDE: usize = 256;
const BLOCK: usize = 32;

/// Multiplies `n` times.
pub fn matrix<J: Join>(n: u64) -> Duration {
    let (a, b) = (filled(|i, j| (3 * i + j) % 7), filled(|i, j| (i + 5 * j) % 11));
    let mut elapsed = Duration::ZERO;
    for _ in 0..n {
        let mut product = vec![0.0; SIDE * SIDE];
        let start = Instant::now();
        multiply::<J>(&a, &b, &mut product);
        elapsed += start.elapsed();
        check_product(&a, &b, &product);
    }
    elapsed
}

/// Adds the product of `a` and `b` to `c`. A matrix is its four quarters, one after the other, down to
/// a block, whose rows follow each other.
fn multiply<J: Join>(a: &[f64], b: &[f64], c: &mut [f64]) {
    if c.len() <= BLOCK * BLOCK {
        return multiply_block(a, b, c);
    }
    let ([a11, a12, a21, a22], [b11, b12, b21, b22]) = (quarters(a), quarters(b));
    let (upper, lower) = c.split_at_mut(c.len() / 2);
    let (c11, c12) = upper.split_at_mut(upper.len() / 2);
    let (c21, c22) = lower.split_at_mut(lower.len() / 2);
    let add = |[a, b, x, y]: [&[f64]; 4], c: &mut [f64]| {
        multiply::<J>(a, b, c);
        multiply::<J>(x, y, c);
    };
    J::join(
        || J::join(|| add([a11, b11, a12, b21], c11), || add([a11, b12, a12, b22], c12)),
        || J::join(|| add([a21, b11, a22, b21], c21), || add([a21, b12, a22, b22], c22)),
    );
}

fn quarters(matrix: &[f64]) -> [&[f64]; 4] {
    let size = matrix.len() / 4;
    std::array::from_fn(|quarter| &matrix[quarter * size..][..size])
}

fn multiply_block(a: &[f64], b: &[f64], c: &mut [f64]) {
    for (row, sums) in a.chunks_exact(BLOCK).zip(c.chunks_exact_mut(BLOCK)) {
        for (factor, others) in row.iter().zip(b.chunks_exact(BLOCK)) {
            sums.iter_mut().zip(others).for_each(|(sum, other)| *sum += factor * other);
        }
    }
}

/// Where the element of row `i` and column `j` lies.
fn place(i: usize, j: usize) -> usize {
    let (mut start, mut half) = (0, SIDE / 2);
    while half >= BLOCK {
        start += (2 * (i / half % 2) + j / half % 2) * half * half;
        half /= 2;
    }
    start + i % BLOCK * BLOCK + j % BLOCK
}

/// Whole numbers, so that every sum is exact, in whatever order it was added up.
fn filled(value: impl Fn(usize, usize) -> usize) -> Vec<f64> {
    let mut matrix = vec![0.0; SIDE * SIDE];
    for (i, j) in (0..SIDE).flat_map(|i| (0..SIDE).map(move |j| (i, j))) {
        matrix[place(i, j)] = value(i, j) as f64;
    }
    matrix
}

/// (ab)x = a(bx), where each element of x is one.
fn check_product(a: &[f64], b: &[f64], product: &[f64]) {
    let times_one = |m: &[f64], i: usize| (0..SIDE).map(|j| m[place(i, j)]).sum::<f64>();
    let bx: Vec<f64> = (0..SIDE).map(|k| times_one(b, k)).collect();
    for i in 0..SIDE {
        let abx: f64 = (0..SIDE).map(|k| a[place(i, k)] * bx[k]).sum();
        assert!(times_one(product, i) == abx, "the product is right");
    }
}
