//! Facts about the whole process.

/// How many threads the process has now, its own and everybody's; `None` if the kernel won't say.
pub(crate) fn thread_count() -> Option<usize> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is the program's name in parentheses and may hold anything; the number of
    // threads is the 18th field after it.
    let after_name = &stat[stat.rfind(')')? + 2..];
    after_name.split(' ').nth(17)?.parse().ok()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_thread_that_asks_is_counted() {
        assert!(super::thread_count().is_some_and(|n| n >= 1));
    }
}
