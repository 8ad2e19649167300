//! What the world may see of the simulated gateway.

use super::*;

impl Gateway {
    /// The effects since the last call, in order.
    pub(in crate::sim::world) fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut *self.effects.lock().expect("no one panics while holding it"))
    }

    pub(in crate::sim::world) fn is_over(&self) -> bool {
        self.over
    }

    pub(in crate::sim::world) const fn was_opened(&self) -> bool {
        self.opened
    }

    /// The process lives.
    pub(in crate::sim::world) const fn is_alive(&self) -> bool {
        self.alive
    }

    /// The number of a target, as the organization has it.
    pub(in crate::sim::world) fn number_of(&self, target: &TargetId) -> Option<String> {
        self.settings.number_of(target).map(|number| number.e164().to_owned())
    }

    /// Nothing is held for a call any more.
    pub(in crate::sim::world) fn is_at_rest(&self) -> bool {
        let open = self.connection.as_ref().is_some_and(|connection| !connection.model().is_closed());
        self.media.is_none() && !open && self.errands.is_empty()
    }

    /// The socket that carries the call now.
    pub(in crate::sim::world) fn socket(&self) -> Option<SocketNo> {
        self.media.as_ref().map(|media| media.socket)
    }

    pub(in crate::sim::world) const fn opened_at(&self) -> Mono {
        self.opened_at
    }

    pub(in crate::sim::world) const fn connection(&self) -> Option<&Connection> {
        self.connection.as_ref()
    }

    pub(in crate::sim::world) fn connections(&self) -> impl Iterator<Item = &Connection> {
        self.past.iter().chain(&self.connection)
    }

    pub(in crate::sim::world) fn lines(&self) -> Vec<Line> {
        let line = |(_, record): &(Mono, Record)| match record {
            Record::Line(line) => Some(line.clone()),
            _ => None,
        };
        let mut lines: Vec<_> = self.records.iter().filter_map(line).collect();
        lines.sort_by_key(|line| line.seq);
        lines
    }

    pub(in crate::sim::world) fn ending(&self) -> Option<Ending> {
        self.records.iter().find_map(|(_, record)| match record {
            Record::Ended(ending) => Some(*ending),
            _ => None,
        })
    }

    pub(in crate::sim::world) fn take_recording(&mut self) -> String {
        let connections = self.past.iter_mut().chain(&mut self.connection);
        connections.map(Connection::take_recording).collect()
    }
}
