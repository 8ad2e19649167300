//! Tests of `spool`.

use std::fs;

use uuid::Uuid;

use super::*;
use crate::store::entry::RecordRow;

fn row(no: u32) -> EntryRow {
    let record = RecordRow::Event { name: "time_warning".into(), detail: "{}".into() };
    EntryRow { call: Uuid::from_u128(7), no, at: 1, record }
}

fn numbers(batch: &Batch) -> Vec<u32> {
    batch.rows.iter().map(|row| row.no).collect()
}

struct Dir(PathBuf);

impl Dir {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("switchboard-spool-{}", Uuid::new_v4().simple())))
    }

    fn file(&self) -> PathBuf {
        self.0.join("journal.spool")
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn entries_come_back_in_order_and_in_batches() {
    let dir = Dir::new();
    let mut spool = Spool::open(&dir.0).unwrap();
    assert!(spool.is_replayed());
    spool.append(&[row(0), row(1)]).unwrap();
    spool.append(&[row(2)]).unwrap();

    let first = spool.oldest(2).unwrap();
    assert_eq!(numbers(&first), [0, 1]);
    spool.advance(first.end).unwrap();
    spool.append(&[row(3)]).unwrap();
    let rest = spool.oldest(10).unwrap();
    assert_eq!(numbers(&rest), [2, 3]);
    spool.advance(rest.end).unwrap();
    assert!(spool.is_replayed());
    assert_eq!(fs::metadata(dir.file()).unwrap().len(), 0);

    spool.append(&[row(4)]).unwrap();
    assert_eq!(numbers(&spool.oldest(10).unwrap()), [4]);
}

#[test]
fn every_possible_cut_leaves_the_whole_records() {
    let dir = Dir::new();
    let mut spool = Spool::open(&dir.0).unwrap();
    let mut ends = vec![0];
    for no in 0..4 {
        spool.append(&[row(no)]).unwrap();
        ends.push(spool.len() as usize);
    }
    drop(spool);
    let whole = fs::read(dir.file()).unwrap();
    for cut in 0..=whole.len() {
        fs::write(dir.file(), &whole[..cut]).unwrap();
        let mut spool = Spool::open(&dir.0).unwrap();
        let kept = ends.iter().filter(|end| **end <= cut).count() - 1;
        assert_eq!(spool.len(), ends[kept] as u64);
        spool.append(&[row(9)]).unwrap();
        let expected: Vec<_> = (0..kept as u32).chain([9]).collect();
        assert_eq!(numbers(&spool.oldest(10).unwrap()), expected);
    }
}

#[test]
fn any_flipped_bit_is_noticed() {
    let dir = Dir::new();
    let mut spool = Spool::open(&dir.0).unwrap();
    spool.append(&[row(0), row(1)]).unwrap();
    drop(spool);
    let whole = fs::read(dir.file()).unwrap();
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 1 << (at % 8);
        fs::write(dir.file(), &damaged).unwrap();
        let spool = Spool::open(&dir.0).unwrap();
        let kept = numbers(&spool.oldest(10).unwrap());
        let expected: &[u32] = if at < whole.len() / 2 { &[] } else { &[0] };
        assert_eq!(kept, expected, "at byte {at}");
        drop(spool);
        let torn = fs::read(dir.0.join("torn.bin")).unwrap();
        assert!(damaged.ends_with(&torn) && !torn.is_empty(), "what is cut off is kept");
    }
}

#[test]
fn an_append_that_fails_leaves_nothing_behind() {
    let dir = Dir::new();
    let mut spool = Spool::open(&dir.0).unwrap();
    spool.append(&[row(0)]).unwrap();
    let writable = std::mem::replace(&mut spool.file, File::open(dir.file()).unwrap());
    spool.append(&[row(1)]).unwrap_err();
    assert_eq!(numbers(&spool.oldest(10).unwrap()), [0]);
    spool.file = writable;
    spool.append(&[row(2)]).unwrap();
    assert_eq!(numbers(&spool.oldest(10).unwrap()), [0, 2]);
}
