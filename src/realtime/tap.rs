//! A tap on a connection: sees every message, both ways, before it is read or sent.
//!
//! `Recorder` is the tap behind `REALTIME_LOG_DIR`: it writes each call's events to a file, on a thread of its own, so
//! that a slow disk never holds a frame back; what does not fit into its queue is dropped and counted. It is for
//! debugging, because the files hold what was said.

use std::collections::HashMap;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use metrics::counter;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::types::CallId;

/// Who said it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    /// We did.
    Client,
    /// The model's server did.
    Server,
}

/// Called with every message of one connection. It must not wait for anything.
pub type Tap = Arc<dyn Fn(Direction, &str) + Send + Sync>;

/// One line of a recording, without its end: `{"direction","event","conn"}`. A message that is not JSON is kept as
/// `text` beside a null event.
pub fn line(direction: Direction, conn: &str, message: &str) -> String {
    let direction = match direction {
        Direction::Client => "client",
        Direction::Server => "server",
    };
    if serde_json::from_str::<&RawValue>(message).is_err() {
        let record = serde_json::json!({ "direction": direction, "event": null, "text": message, "conn": conn });
        return record.to_string();
    }
    // Line ends inside JSON are white space only: within strings they are escaped.
    let event = message.replace(['\n', '\r'], " ");
    format!(r#"{{"direction":"{direction}","event":{event},"conn":"{conn}"}}"#)
}

/// Writes each call's events to `<call_id>.jsonl` in one directory.
pub struct Recorder {
    queue: SyncSender<Job>,
    queued_bytes: Arc<AtomicUsize>,
}

enum Job {
    Line {
        call: CallId,
        line: String,
    },
    /// Answered when everything before it is on disk.
    Flush(SyncSender<()>),
}

impl Recorder {
    /// Makes the directory (mode 0700) and starts the writer, which ends when the recorder and all its taps are gone.
    pub fn start(dir: &Path) -> io::Result<Self> {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(dir)?;
        let (queue, jobs) = sync_channel(QUEUE_LINES_MAX);
        let queued_bytes = Arc::new(AtomicUsize::new(0));
        let mut writer = Writer { dir: dir.to_owned(), files: HashMap::new(), queued_bytes: queued_bytes.clone() };
        std::thread::Builder::new().name("realtime-log".into()).spawn(move || writer.run(&jobs))?;
        Ok(Self { queue, queued_bytes })
    }

    /// A tap for a new connection of a call.
    pub fn tap(&self, call: CallId) -> Tap {
        let (queue, queued_bytes) = (self.queue.clone(), self.queued_bytes.clone());
        let conn = Uuid::new_v4().simple().to_string();
        Arc::new(move |direction, message| {
            let line = line(direction, &conn, message);
            let bytes = line.len();
            let fits = queued_bytes.fetch_add(bytes, Ordering::Relaxed) + bytes <= QUEUE_BYTES_MAX;
            if !fits || queue.try_send(Job::Line { call, line }).is_err() {
                queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
                counter!("switchboard_realtime_log_dropped_total").increment(1);
            }
        })
    }

    /// Waits, at most five seconds, until everything that was seen so far is in its file. Blocks the thread: for tests
    /// and for shutdown. Whether it got there.
    pub fn flush(&self) -> bool {
        let (done, receipt) = sync_channel(1);
        self.queue.send(Job::Flush(done)).is_ok() && receipt.recv_timeout(FLUSH_WAIT).is_ok()
    }
}

/// The thread's side: open files, by call.
struct Writer {
    dir: PathBuf,
    files: HashMap<CallId, BufWriter<File>>,
    queued_bytes: Arc<AtomicUsize>,
}

impl Writer {
    fn run(&mut self, jobs: &Receiver<Job>) {
        while let Ok(job) = jobs.recv() {
            let mut next = Some(job);
            while let Some(job) = next {
                self.perform(job);
                next = jobs.try_recv().ok();
            }
            self.flush();
        }
    }

    fn perform(&mut self, job: Job) {
        match job {
            Job::Line { call, line } => {
                self.queued_bytes.fetch_sub(line.len(), Ordering::Relaxed);
                if let Err(error) = self.write(call, &line) {
                    counter!("switchboard_realtime_log_dropped_total").increment(1);
                    tracing::debug!(%error, "a line of the realtime log could not be written");
                }
            }
            Job::Flush(done) => {
                self.flush();
                // Whoever asked may have stopped waiting.
                let _ = done.try_send(());
            }
        }
    }

    fn write(&mut self, call: CallId, line: &str) -> io::Result<()> {
        if !self.files.contains_key(&call) {
            if self.files.len() >= OPEN_FILES_MAX {
                self.flush();
                self.files.clear();
            }
            self.files.insert(call, BufWriter::new(open(&self.dir.join(format!("{call}.jsonl")))?));
        }
        let Some(file) = self.files.get_mut(&call) else {
            return Ok(());
        };
        file.write_all(line.as_bytes())?;
        file.write_all(b"\n")
    }

    fn flush(&mut self) {
        self.files.retain(|_, file| file.flush().is_ok());
    }
}

/// Opens for appending, readable by the owner alone: a call may have several connections.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Messages that wait for the disk, of all calls together.
const QUEUE_LINES_MAX: usize = 16_384;
const QUEUE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Files kept open; beyond it all are closed and opened again as needed.
const OPEN_FILES_MAX: usize = 64;

const FLUSH_WAIT: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests;
