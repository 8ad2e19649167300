//! The spool: an append-only file that holds entries while the database is away.
//!
//! A record is a length, the first half of a SHA-256 and JSON. Everything up to the last whole record counts after a
//! crash; what is behind it was never acknowledged, because receipts follow the fsync. A record that is damaged is
//! passed over: what is behind it was acknowledged, too. What is cut off or passed over is kept in files of its own.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, BufReader, Read};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::store::entry::EntryRow;
use crate::store::reserve::Reserve;

/// A length (u32, little endian) and a check sum.
const HEAD_BYTES: usize = 4 + SUM_BYTES;
const SUM_BYTES: usize = 16;
/// A length above this is no length: the file is damaged there.
const RECORD_BYTES_MAX: usize = 16 << 20;
/// How the JSON of every record begins, in every release: by it the next one is found behind a damaged one.
const BEGINS: &[u8] = b"{\"call\":";
/// Files of one kind that are kept aside; further ones are not written, and the damage stays where it is.
const ASIDE_MAX: u32 = 1_000;

/// Why a spool cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// Two gateways must not share a data directory.
    #[error("another gateway uses the spool in this data directory")]
    InUse,
    #[error("the spool in the data directory cannot be opened")]
    Io(#[from] io::Error),
}

/// The file, and how much of it the database has already.
pub(crate) struct Spool {
    pub(crate) file: File,
    dir: PathBuf,
    pub(crate) reserve: Reserve,
    /// Bytes of whole, fsynced records.
    len: u64,
    /// Bytes that the database has; from here the replay goes on.
    replayed: u64,
}

/// What the replay does next.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub rows: Vec<EntryRow>,
    /// Whole records that this release does not understand.
    pub unreadable: Vec<Vec<u8>>,
    /// Where damaged records begin and end.
    pub damaged: Vec<(u64, u64)>,
    /// Where the batch ends; to be told to `advance`.
    pub end: u64,
}

impl Spool {
    /// Opens or makes `journal.spool` in `dir` and cuts a torn tail off. The tail is kept in `torn-1.bin` and so on, to be
    /// looked at.
    pub(crate) fn open(dir: &Path, reserve_bytes: u64) -> Result<Self, SpoolError> {
        DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        let file = private().read(true).write(true).truncate(false).open(dir.join("journal.spool"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(SpoolError::InUse),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        let len = whole_records(&file)?;
        let torn = file.metadata()?.len() - len;
        if torn > 0 {
            tracing::warn!(bytes = torn, "the spool ended in a torn record, which was cut off");
            keep_aside(&file, (len, len + torn), dir, "torn")?;
            file.set_len(len)?;
        }
        file.sync_all()?;
        // The names of the file and of its folder must survive a power cut, too.
        for folder in dir.ancestors().take(2).filter(|folder| folder.parent().is_some()) {
            File::open(folder)?.sync_all()?;
        }
        let reserve = Reserve::new(dir, reserve_bytes);
        Ok(Self { file, dir: dir.to_owned(), reserve, len, replayed: 0 })
    }

    /// Appends entries and returns when they are on disk. After an error none of them counts. On a full disk the
    /// reserve goes first.
    pub(crate) fn append(&mut self, rows: &[EntryRow]) -> io::Result<()> {
        let mut bytes = Vec::new();
        for row in rows {
            encode(row, &mut bytes)?;
        }
        match self.write(&bytes) {
            Err(error) if is_full(&error) && self.reserve.free() => self.write(&bytes),
            written_or_not => written_or_not,
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let written = self.file.write_all_at(bytes, self.len).and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            // Half a batch behind the last whole record would be read as records after a crash.
            self.file.set_len(self.len).and_then(|()| self.file.sync_data()).ok();
            return Err(error);
        }
        self.len += bytes.len() as u64;
        Ok(())
    }

    /// Keeps a copy of what is damaged. Returns when it is on disk.
    pub(crate) fn keep_damaged(&self, from: u64, to: u64) -> io::Result<()> {
        keep_aside(&self.file, (from, to), &self.dir, "damaged")
    }

    /// Reads the oldest entries that the database does not have, at most `rows_max` of them.
    pub(crate) fn oldest(&self, rows_max: usize) -> io::Result<Batch> {
        let mut batch = Batch { end: self.replayed, ..Batch::default() };
        let mut reader = self.reader(batch.end);
        for _ in 0..rows_max {
            if batch.end >= self.len {
                break;
            }
            let Some(payload) = read_record(&mut reader)? else {
                let next = next_record(&self.file, batch.end + 1, self.len)?.unwrap_or(self.len);
                batch.damaged.push((batch.end, next));
                batch.end = next;
                reader = self.reader(next);
                continue;
            };
            batch.end += (HEAD_BYTES + payload.len()) as u64;
            match serde_json::from_slice(&payload) {
                Ok(row) => batch.rows.push(row),
                Err(_) => batch.unreadable.push(payload),
            }
        }
        Ok(batch)
    }

    fn reader(&self, position: u64) -> BufReader<At<'_>> {
        BufReader::new(At { file: &self.file, position, end: self.len })
    }

    /// Notes that the database has everything up to `end`. When that is all, the file is emptied.
    pub(crate) fn advance(&mut self, end: u64) -> io::Result<()> {
        self.replayed = self.replayed.max(end.min(self.len));
        if self.replayed < self.len {
            return Ok(());
        }
        self.file.set_len(0)?;
        (self.len, self.replayed) = (0, 0);
        self.file.sync_data()
    }

    /// Bytes on disk.
    pub(crate) const fn len(&self) -> u64 {
        self.len
    }

    /// The database has everything. The file may still hold it, if the disk did not let us empty it.
    pub(crate) const fn is_replayed(&self) -> bool {
        self.replayed == self.len
    }
}

/// Options for files that only their owner reads.
pub(crate) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.create(true).mode(0o600);
    options
}

/// The spool's path below a data directory.
pub(crate) fn dir(data_dir: &Path) -> PathBuf {
    data_dir.join("spool")
}

fn encode(row: &EntryRow, into: &mut Vec<u8>) -> io::Result<()> {
    let payload = serde_json::to_vec(row)?;
    if payload.len() > RECORD_BYTES_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "an entry is too large for the spool"));
    }
    into.extend_from_slice(&(payload.len() as u32).to_le_bytes());
    into.extend_from_slice(&sum(&payload));
    into.extend_from_slice(&payload);
    Ok(())
}

fn sum(payload: &[u8]) -> [u8; SUM_BYTES] {
    let mut sum = [0; SUM_BYTES];
    sum.copy_from_slice(&Sha256::digest(payload)[..SUM_BYTES]);
    sum
}

/// The length of the file up to its last whole record.
fn whole_records(file: &File) -> io::Result<u64> {
    let end = file.metadata()?.len();
    let mut whole = 0;
    let mut from = Some(0);
    while let Some(position) = from {
        let mut reader = BufReader::new(At { file, position, end });
        whole = position;
        while let Some(payload) = read_record(&mut reader)? {
            whole += (HEAD_BYTES + payload.len()) as u64;
        }
        // Damage, or the torn end.
        from = next_record(file, whole + 1, end)?;
    }
    Ok(whole)
}

/// Where the first whole record from `from` on begins.
fn next_record(file: &File, from: u64, end: u64) -> io::Result<Option<u64>> {
    let mut at = from + HEAD_BYTES as u64;
    let mut piece = vec![0; PIECE_BYTES];
    while at < end {
        let read = file.read_at(&mut piece, at)?;
        if read < BEGINS.len() {
            break;
        }
        for (offset, window) in piece[..read].windows(BEGINS.len()).enumerate() {
            let begins = at + offset as u64 - HEAD_BYTES as u64;
            if window == BEGINS && read_record(&mut At { file, position: begins, end })?.is_some() {
                return Ok(Some(begins));
            }
        }
        // What lies across two pieces is seen in the next one.
        at += (read - BEGINS.len() + 1) as u64;
    }
    Ok(None)
}

/// Read at once while the next record is looked for.
const PIECE_BYTES: usize = 64 * 1024;

/// No space, or none for this user.
fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// The next record's payload; `None` at the end, and at a record that is torn or damaged.
fn read_record(reader: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut head = [0; HEAD_BYTES];
    if !filled(reader.read_exact(&mut head))? {
        return Ok(None);
    }
    let (length, expected) = head.split_at(4);
    let length = u32::from_le_bytes([length[0], length[1], length[2], length[3]]) as usize;
    if length == 0 || length > RECORD_BYTES_MAX {
        return Ok(None);
    }
    let mut payload = vec![0; length];
    let whole = filled(reader.read_exact(&mut payload))? && sum(&payload) == expected;
    Ok(whole.then_some(payload))
}

fn filled(read: io::Result<()>) -> io::Result<bool> {
    match read {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// Copies a part of the spool into a new file of its own, which is never written again.
fn keep_aside(file: &File, (from, to): (u64, u64), dir: &Path, kind: &str) -> io::Result<()> {
    for number in 1..=ASIDE_MAX {
        let path = dir.join(format!("{kind}-{number}.bin"));
        let mut kept = match private().write(true).create_new(true).open(path) {
            Ok(kept) => kept,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            Err(error) => return Err(error),
        };
        io::copy(&mut At { file, position: from, end: to }, &mut kept)?;
        return kept.sync_all();
    }
    Err(io::Error::other("too many files are kept aside"))
}

/// Reads a part of a file without moving anyone's position.
struct At<'a> {
    file: &'a File,
    position: u64,
    end: u64,
}

impl Read for At<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end.saturating_sub(self.position)).unwrap_or(usize::MAX);
        let room = into.len().min(left);
        let read = self.file.read_at(&mut into[..room], self.position)?;
        self.position += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests;
