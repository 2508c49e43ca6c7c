//! A reader reads again while a writer waits: the writer waits for the first read, the second read for the writer
//! (GoBench: cockroach 10790's kind; Go's RWMutex forbids it).

use std::sync::Arc;

use gosched::go;
use gosched::sync::RwLock;

pub fn kernel(fixed: bool) {
    let table = Arc::new(RwLock::new(vec![1, 2]));
    let theirs = table.clone();
    let writer = go(move || theirs.write().unwrap().push(3));
    let rows = table.read().unwrap();
    let len = if fixed { rows.len() } else { length(&table) };
    assert!(len >= rows.len());
    drop(rows);
    writer.join().unwrap();
}

fn length(table: &RwLock<Vec<i32>>) -> usize {
    table.read().unwrap().len()
}
