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
    let mut spool = Spool::open(&dir.0, 0).unwrap();
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
    let mut spool = Spool::open(&dir.0, 0).unwrap();
    let mut ends = vec![0];
    for no in 0..4 {
        spool.append(&[row(no)]).unwrap();
        ends.push(spool.len() as usize);
    }
    drop(spool);
    let whole = fs::read(dir.file()).unwrap();
    for cut in 0..=whole.len() {
        fs::write(dir.file(), &whole[..cut]).unwrap();
        let mut spool = Spool::open(&dir.0, 0).unwrap();
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
    let mut spool = Spool::open(&dir.0, 0).unwrap();
    spool.append(&[row(0), row(1)]).unwrap();
    drop(spool);
    let whole = fs::read(dir.file()).unwrap();
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 1 << (at % 8);
        fs::write(dir.file(), &damaged).unwrap();
        let spool = Spool::open(&dir.0, 0).unwrap();
        let batch = spool.oldest(10).unwrap();
        // Damage in the first record is passed over, damage in the last one is cut off.
        let is_first = at < whole.len() / 2;
        assert_eq!(numbers(&batch), [u32::from(is_first)], "at byte {at}");
        let (from, to) = if is_first { (0, whole.len() / 2) } else { (whole.len() / 2, whole.len()) };
        let (kind, expected) = if is_first { ("damaged", vec![(from as u64, to as u64)]) } else { ("torn", vec![]) };
        assert_eq!(batch.damaged, expected);
        batch.damaged.iter().for_each(|(from, to)| spool.keep_damaged(*from, *to).unwrap());
        drop(spool);
        let aside = dir.0.join(format!("{kind}-1.bin"));
        assert_eq!(fs::read(&aside).unwrap(), &damaged[from..to], "what is left out is kept");
        fs::remove_file(aside).unwrap();
    }
}

#[test]
fn what_is_kept_aside_is_never_written_over() {
    let dir = Dir::new();
    let mut spool = Spool::open(&dir.0, 0).unwrap();
    spool.append(&[row(0), row(1)]).unwrap();
    for number in 1..=3 {
        spool.keep_damaged(0, number).unwrap();
    }
    for number in 1..=3 {
        assert_eq!(fs::read(dir.0.join(format!("damaged-{number}.bin"))).unwrap().len(), number);
    }
}

#[test]
fn an_append_that_fails_leaves_nothing_behind() {
    let dir = Dir::new();
    let mut spool = Spool::open(&dir.0, 0).unwrap();
    spool.append(&[row(0)]).unwrap();
    let writable = std::mem::replace(&mut spool.file, File::open(dir.file()).unwrap());
    spool.append(&[row(1)]).unwrap_err();
    assert_eq!(numbers(&spool.oldest(10).unwrap()), [0]);
    spool.file = writable;
    spool.append(&[row(2)]).unwrap();
    assert_eq!(numbers(&spool.oldest(10).unwrap()), [0, 2]);
}
