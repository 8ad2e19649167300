//! The way to a call's task, also when that is not started yet.

use std::sync::Arc;

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Notify, mpsc};

use crate::calls::actor::Command;

/// The way to a call's task.
pub(in crate::calls) struct Line {
    pub(super) commands: mpsc::Sender<Command>,
    /// Rung with everything that is sent, while the task is not started.
    pub(super) bell: Option<Arc<Notify>>,
}

/// What became of something that a call was to be told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::calls) enum Handed {
    /// It is in the queue.
    Taken,
    /// The queue is full.
    Full,
    /// The task is gone.
    Gone,
}

impl Line {
    /// False if the queue is full or the task is gone.
    pub(in crate::calls) fn send(&self, command: Command) -> bool {
        self.hand(command) == Handed::Taken
    }

    /// The same, and why not.
    pub(in crate::calls) fn hand(&self, command: Command) -> Handed {
        if let Some(bell) = &self.bell {
            bell.notify_one();
        }
        match self.commands.try_send(command) {
            Ok(()) => Handed::Taken,
            Err(TrySendError::Full(_)) => Handed::Full,
            Err(TrySendError::Closed(_)) => Handed::Gone,
        }
    }

    /// The call's task is not started yet.
    pub(in crate::calls) const fn is_waiting(&self) -> bool {
        self.bell.is_some()
    }
}
