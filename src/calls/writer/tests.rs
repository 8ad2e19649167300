//! The writers: what they may drop, what they may not, and when a socket counts as lost.

use std::pin::Pin;
use std::sync::{Mutex, MutexGuard};
use std::task::Waker;

use bytes::Bytes;
use futures_util::{Sink, stream};
use tokio::time::Instant;

use super::*;
use crate::session::effect::{MarkId, RequestNo};
use crate::types::Mulaw;

#[tokio::test]
async fn a_clear_drops_the_sound_and_marks_before_it_and_nothing_after_it() {
    let socket = Socket::stuck();
    let writer = media_writer(&socket);
    for command in [frame(1), frame(2), mark(1), MediaCommand::Clear, frame(3), mark(2)] {
        writer.send(command).unwrap();
    }
    socket.open();
    drain(writer, &socket).await;
    assert_eq!(socket.sent(), ["clear", "frame 3", "mark 2"]);
}

#[tokio::test]
async fn sound_that_the_peer_has_no_room_for_is_still_stale_after_a_clear() {
    let socket = Socket::stuck();
    let writer = media_writer(&socket);
    writer.send(frame(1)).unwrap();
    tokio::task::yield_now().await;
    writer.send(MediaCommand::Clear).unwrap();
    socket.open();
    drain(writer, &socket).await;
    assert_eq!(socket.sent(), ["clear"]);
}

#[tokio::test]
async fn two_clears_are_both_sent() {
    let socket = Socket::stuck();
    let writer = media_writer(&socket);
    for command in [frame(1), MediaCommand::Clear, frame(2), MediaCommand::Clear, frame(3)] {
        writer.send(command).unwrap();
    }
    socket.open();
    drain(writer, &socket).await;
    assert_eq!(socket.sent(), ["clear", "clear", "frame 3"]);
}

#[tokio::test]
async fn what_is_ready_together_is_flushed_together() {
    let socket = Socket::stuck();
    let writer = media_writer(&socket);
    for n in 0..BATCH_MAX as u8 {
        writer.send(frame(n)).unwrap();
    }
    socket.open();
    drain(writer, &socket).await;
    assert_eq!(socket.sent().len(), BATCH_MAX);
    assert_eq!(socket.state().flushes, 1);
}

#[tokio::test]
async fn a_full_media_queue_means_that_the_link_is_lost() {
    let socket = Socket::stuck();
    let writer = media_writer(&socket);
    for n in 0..MEDIA_QUEUE_MAX {
        assert_eq!(writer.send(frame(n as u8)), Ok(()));
    }
    assert_eq!(writer.send(frame(0)), Err(Loss::Full));
}

#[tokio::test(start_paused = true)]
async fn a_write_that_stalls_for_five_seconds_means_that_the_link_is_lost() {
    let socket = Socket::stuck();
    let mut writer = media_writer(&socket);
    let began = Instant::now();
    writer.send(frame(1)).unwrap();
    let loss = poll_fn(|cx| writer.poll_lost(cx)).await;
    assert_eq!(loss, Loss::Stalled);
    assert_eq!(began.elapsed(), WRITE_MAX);
}

#[tokio::test(start_paused = true)]
async fn an_idle_socket_is_not_stalled() {
    let socket = Socket::stuck();
    let mut writer = media_writer(&socket);
    let told = timeout(WRITE_MAX * 3, poll_fn(|cx| writer.poll_lost(cx))).await;
    assert!(told.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_broken_socket_is_reported_and_later_commands_are_refused() {
    let socket = Socket::stuck();
    socket.state().broken = true;
    let mut writer = media_writer(&socket);
    writer.send(frame(1)).unwrap();
    assert_eq!(poll_fn(|cx| writer.poll_lost(cx)).await, Loss::Broken);
    tokio::task::yield_now().await;
    assert_eq!(writer.send(frame(2)), Err(Loss::Broken));
}

#[tokio::test(start_paused = true)]
async fn a_writer_whose_task_fails_is_a_broken_link() {
    struct Fails;
    impl EncodeMedia for Fails {
        fn encode(&mut self, _: &MediaCommand) -> String {
            panic!("planted")
        }
    }
    let socket = Socket::stuck();
    socket.open();
    let mut writer = MediaWriter::spawn(&TaskTracker::new(), Box::pin(socket.clone()), Box::new(Fails));
    writer.send(frame(1)).unwrap();
    assert_eq!(poll_fn(|cx| writer.poll_lost(cx)).await, Loss::Broken);
}

#[tokio::test(start_paused = true)]
async fn closing_a_stalled_socket_takes_a_bounded_time() {
    let socket = Socket::stuck();
    let tasks = TaskTracker::new();
    let writer = MediaWriter::spawn(&tasks, Box::pin(socket.clone()), Box::new(Words));
    writer.send(frame(1)).unwrap();
    drop(writer);
    tasks.close();
    let began = Instant::now();
    tasks.wait().await;
    assert!(began.elapsed() <= WRITE_MAX * 2, "took {:?}", began.elapsed());
}

#[tokio::test]
async fn the_model_writer_keeps_five_seconds_of_the_newest_audio_and_every_control_message() {
    for (format, bytes_per_ms) in [(AudioFormat::Pcm, 48), (AudioFormat::Pcmu, 8)] {
        let socket = Socket::stuck();
        let writer = model_writer(&socket, format);
        for n in 0..300_u32 {
            writer.send(append(n as u8, 20 * bytes_per_ms)).unwrap();
            if n % 100 == 0 {
                writer.send(note(n)).unwrap();
            }
        }
        socket.open();
        drain(writer, &socket).await;
        let sent = socket.sent();
        let audio: Vec<&String> = sent.iter().filter(|text| text.starts_with("append")).collect();
        assert_eq!(audio.len(), 250, "5 s in frames of 20 ms");
        assert_eq!(*audio[0], format!("append {}", 50));
        assert_eq!(*audio[249], format!("append {}", 299 % 256));
        let notes: Vec<&String> = sent.iter().filter(|text| text.starts_with("note")).collect();
        assert_eq!(notes, ["note 0", "note 100", "note 200"]);
    }
}

#[tokio::test]
async fn a_full_model_queue_means_that_the_link_is_lost() {
    let socket = Socket::stuck();
    let writer = model_writer(&socket, AudioFormat::Pcmu);
    for n in 0..MODEL_QUEUE_MAX {
        assert_eq!(writer.send(note(n as u32)), Ok(()));
    }
    assert_eq!(writer.send(note(0)), Err(Loss::Full));
}

#[tokio::test(start_paused = true)]
async fn a_socket_that_we_close_is_read_to_its_end_but_not_for_ever() {
    let tasks = TaskTracker::new();
    linger(
        &tasks,
        Box::pin(stream::repeat(1).then(|n| async move {
            tokio::time::sleep(Duration::from_millis(20)).await;
            n
        })),
    );
    linger(&tasks, Box::pin(stream::iter([1, 2, 3])));
    tasks.close();
    let began = Instant::now();
    tasks.wait().await;
    assert_eq!(began.elapsed(), LINGER_MAX);
}

fn media_writer(socket: &Socket) -> MediaWriter {
    MediaWriter::spawn(&TaskTracker::new(), Box::pin(socket.clone()), Box::new(Words))
}

fn model_writer(socket: &Socket, format: AudioFormat) -> ModelWriter {
    ModelWriter::spawn(&TaskTracker::new(), Box::pin(socket.clone()), Box::new(Words), format)
}

/// Drops the writer and waits until its task has closed the socket.
async fn drain<W>(writer: W, socket: &Socket) {
    drop(writer);
    for _ in 0..10_000 {
        if socket.state().closed {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("the writer does not close its socket");
}

fn frame(n: u8) -> MediaCommand {
    MediaCommand::Frame(Mulaw::new(Bytes::from(vec![n])))
}

const fn mark(n: u32) -> MediaCommand {
    MediaCommand::Mark(MarkId(n))
}

fn append(n: u8, len: usize) -> ModelCommand {
    ModelCommand::Append(Bytes::from(vec![n; len]))
}

const fn note(n: u32) -> ModelCommand {
    ModelCommand::Note { no: RequestNo(n), text: String::new() }
}

/// Encodes commands as words.
struct Words;

impl EncodeMedia for Words {
    fn encode(&mut self, command: &MediaCommand) -> String {
        match command {
            MediaCommand::Frame(audio) => format!("frame {}", audio.bytes()[0]),
            MediaCommand::Mark(mark) => format!("mark {}", mark.0),
            MediaCommand::Clear => "clear".to_owned(),
        }
    }
}

impl EncodeModel for Words {
    fn encode(&mut self, command: &ModelCommand) -> String {
        match command {
            ModelCommand::Append(audio) => format!("append {}", audio[0]),
            ModelCommand::Note { no, .. } => format!("note {}", no.0),
            other => format!("{other:?}"),
        }
    }
}

/// A socket that takes nothing until it is opened.
#[derive(Clone)]
struct Socket(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    open: bool,
    broken: bool,
    closed: bool,
    flushes: usize,
    sent: Vec<String>,
    waker: Option<Waker>,
}

impl Socket {
    fn stuck() -> Self {
        Self(Arc::default())
    }

    fn open(&self) {
        let mut state = self.state();
        state.open = true;
        if let Some(waker) = state.waker.take() {
            waker.wake();
        }
    }

    fn sent(&self) -> Vec<String> {
        self.state().sent.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    fn poll_gate(&self, cx: &Context<'_>) -> Poll<Result<(), LinkError>> {
        let mut state = self.state();
        match (state.broken, state.open) {
            (true, _) => Poll::Ready(Err(LinkError)),
            (false, true) => Poll::Ready(Ok(())),
            (false, false) => {
                state.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Sink<String> for Socket {
    type Error = LinkError;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), LinkError>> {
        self.poll_gate(cx)
    }

    fn start_send(self: Pin<&mut Self>, text: String) -> Result<(), LinkError> {
        self.state().sent.push(text);
        Ok(())
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), LinkError>> {
        let gate = self.poll_gate(cx);
        if gate.is_ready() {
            self.state().flushes += 1;
        }
        gate
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), LinkError>> {
        let gate = self.poll_gate(cx);
        if gate.is_ready() {
            self.state().closed = true;
        }
        gate
    }
}
