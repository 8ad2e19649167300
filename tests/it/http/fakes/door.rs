//! The calls as the API sees them: which are live, what they were told, and what was placed.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use switchboard::ports::carrier::Script;
use switchboard::ports::door::{
    Answer, AttachError, Claim, CommandError, Door, LiveCall, OutboundError, OutboundOrder, Ring,
};
use switchboard::ports::media::MediaLink;
use switchboard::session::input::{CarrierInput, LegStatus, Question, StaffInput};
use switchboard::types::{AttemptId, CallId, LegId, StreamId};

#[derive(Default)]
pub(in crate::http) struct FakeDoor {
    pub(in crate::http) live: Mutex<Vec<CallId>>,
    pub(in crate::http) draining: AtomicBool,
    /// What live calls were told, in order.
    pub(in crate::http) commands: Mutex<Vec<(CallId, StaffInput)>>,
    /// Why live calls do not do what they are told.
    pub(in crate::http) objects: Mutex<Option<CommandError>>,
    pub(in crate::http) placed: Mutex<Vec<OutboundOrder>>,
    /// Why no call is placed.
    pub(in crate::http) refusal: Mutex<Option<OutboundError>>,
}

#[async_trait]
impl Door for FakeDoor {
    async fn ring(&self, _: Ring) -> Answer {
        unreachable!("the API does not ask this")
    }

    fn knows_ticket(&self, _: &str) -> bool {
        false
    }

    fn claim(&self, _: &str, _: &LegId) -> Result<Claim, AttachError> {
        unreachable!("the API does not ask this")
    }

    fn attach(&self, _: Claim, _: MediaLink) -> Result<(), AttachError> {
        unreachable!("the API does not ask this")
    }

    async fn ask(&self, _: &LegId, _: Question) -> Option<Script> {
        unreachable!("the API does not ask this")
    }

    async fn ask_call(&self, _: CallId, _: Question) -> Option<Script> {
        unreachable!("the API does not ask this")
    }

    fn tell_call(&self, _: CallId, _: CarrierInput) {
        unreachable!("the API does not tell this")
    }

    fn operator_status(&self, _: AttemptId, _: &LegId, _: LegStatus, _: Option<u32>) {
        unreachable!("the API does not tell this")
    }

    fn party_status(&self, _: CallId, _: &LegId, _: LegStatus, _: Option<u32>) {
        unreachable!("the API does not tell this")
    }

    fn leg_status(&self, _: &LegId, _: LegStatus, _: Option<u32>) {
        unreachable!("the API does not tell this")
    }

    fn stream_ended(&self, _: &LegId, _: &StreamId) {
        unreachable!("the API does not tell this")
    }

    fn gave_up(&self, _: &LegId) {
        unreachable!("the API does not tell this")
    }

    async fn command(&self, call: CallId, command: StaffInput) -> Result<(), CommandError> {
        let mut live = self.live.lock().unwrap();
        let at = live.iter().position(|id| *id == call).ok_or(CommandError::NotLive)?;
        if let Some(error) = *self.objects.lock().unwrap() {
            return Err(error);
        }
        if matches!(command, StaffInput::End) {
            live.remove(at);
        }
        self.commands.lock().unwrap().push((call, command));
        Ok(())
    }

    async fn place(&self, order: OutboundOrder) -> Result<(), OutboundError> {
        // Another request may come between; a second dial would show here.
        tokio::task::yield_now().await;
        if let Some(refusal) = *self.refusal.lock().unwrap() {
            return Err(refusal);
        }
        self.placed.lock().unwrap().push(order);
        Ok(())
    }

    fn live(&self) -> Vec<LiveCall> {
        unreachable!("the API does not ask this")
    }

    fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }
}
