//! Check-then-act: the balance is looked at under the lock, and withdrawn from under the lock, but not under the
//! same.

use std::sync::Arc;

use gosched::{go, sync::Mutex};

pub fn kernel(fixed: bool) {
    let account = Arc::new(Mutex::new(100));
    let withdrawals: Vec<_> = (0..2)
        .map(|_| {
            let account = account.clone();
            go(move || if fixed { withdraw(&account, 80) } else { withdraw_in_two(&account, 80) })
        })
        .collect();
    withdrawals.into_iter().for_each(|withdrawal| withdrawal.join().unwrap());
    let balance = *account.lock().unwrap();
    assert!(balance >= 0, "overdrawn: {balance}");
}

fn withdraw_in_two(account: &Mutex<i64>, amount: i64) {
    let seen = *account.lock().unwrap();
    if seen >= amount {
        *account.lock().unwrap() -= amount;
    }
}

fn withdraw(account: &Mutex<i64>, amount: i64) {
    let mut balance = account.lock().unwrap();
    if *balance >= amount {
        *balance -= amount;
    }
}
