//! Calls and legs: what is remembered of them, and where a request about them goes.

use super::*;

#[test]
fn an_answer_that_is_given_up_leaves_the_leg_unknown() {
    let registry = Registry::new();
    let Arrived::First(opening) = registry.begin(&leg(1)) else { panic!("the first webhook") };
    let Arrived::Wait(waiting) = registry.begin(&leg(1)) else { panic!("the second webhook") };
    drop(opening);
    assert!(waiting.has_changed().is_err(), "whoever waits is told");
    assert!(matches!(registry.begin(&leg(1)), Arrived::First(_)));
}

#[test]
fn what_the_carrier_tells_before_the_call_is_made_reaches_it_once_and_the_end_wins() {
    let registry = Registry::new();
    let Arrived::First(opening) = registry.begin(&leg(1)) else { panic!("the first webhook") };
    for status in [LegStatus::Ringing, LegStatus::Completed, LegStatus::InProgress] {
        assert!(registry.keep_status(&leg(1), status, None));
    }
    let (entered, mut commands) = live(Some(leg(1)), Course::Here);
    assert!(registry.enter(call(1), entered));
    drop(opening);
    let told = commands.try_recv().expect("told");
    assert!(matches!(told, Command::Carrier(CarrierInput::Leg(LegStatus::Completed))));
    assert!(commands.try_recv().is_err(), "once");
    assert!(!registry.keep_status(&leg(1), LegStatus::Completed, None), "the call itself hears it now");
    let is_news = registry.with_leg(&leg(1), |_, live| live.progress.advance(LegStatus::Completed, None));
    assert_eq!(is_news, Some(false), "a repetition is none");
    assert!(!registry.keep_status(&leg(2), LegStatus::Completed, None), "nobody knows the leg");
}

#[test]
fn calls_that_are_over_are_remembered_up_to_a_limit() {
    let registry = Registry::new();
    for n in 0..=OVER_CALLS_MAX as u32 {
        assert!(registry.enter(call(n), live(Some(leg(n)), Course::Here).0));
        registry.finish(call(n), Over::Ended);
        registry.finish(call(n), Over::Broken);
    }
    assert!(matches!(registry.find(&leg(0)), Found::Unknown));
    assert!(matches!(registry.find_call(call(0)), Found::Unknown));
    assert!(matches!(registry.find(&leg(1)), Found::Over(Over::Ended)));
    let inner = registry.lock();
    assert_eq!((inner.legs.len(), inner.over.len(), inner.live.len()), (OVER_CALLS_MAX, OVER_CALLS_MAX, 0));
}

#[test]
fn a_call_or_leg_that_is_known_is_not_entered_again() {
    let registry = Registry::new();
    assert!(registry.enter(call(1), live(Some(leg(1)), Course::Here).0));
    assert!(!registry.enter(call(1), live(None, Course::Here).0), "the call is live");
    assert!(!registry.enter(call(2), live(Some(leg(1)), Course::Here).0), "the leg is another's");
    registry.finish(call(1), Over::Ended);
    assert!(!registry.enter(call(1), live(None, Course::Here).0), "the call is over");
    registry.start_draining();
    assert!(!registry.enter(call(3), live(None, Course::Here).0), "nothing is taken any more");
}

#[test]
fn the_leg_of_an_outbound_call_is_bound_once() {
    let registry = Registry::new();
    registry.enter(call(1), live(None, Course::Here).0);
    registry.enter(call(2), live(None, Course::Here).0);
    registry.bind(call(1), &leg(1));
    registry.bind(call(1), &leg(2));
    registry.bind(call(2), &leg(1));
    assert!(matches!(registry.find(&leg(1)), Found::Live(_)));
    assert!(matches!(registry.find(&leg(2)), Found::Unknown));
    let legs: Vec<Option<LegId>> = registry.live().into_iter().map(|live| live.leg).collect();
    assert_eq!(legs, [Some(leg(1)), None]);
}

#[test]
fn a_full_queue_is_told_from_a_task_that_is_gone() {
    let registry = Registry::new();
    let (live, commands) = live(Some(leg(1)), Course::Here);
    registry.enter(call(1), live);
    let Found::Live(line) = registry.find_call(call(1)) else { panic!("it is live") };
    assert_eq!(line.hand(Command::Drain), Handed::Taken);
    while line.send(Command::Drain) {}
    assert_eq!(line.hand(Command::Drain), Handed::Full);
    drop(commands);
    assert_eq!(line.hand(Command::Drain), Handed::Gone);
}

#[test]
fn a_call_that_waits_to_be_taken_up_is_live_and_not_counted() {
    let registry = Registry::new();
    let bell = Arc::new(Notify::new());
    let (waiting, mut commands) = live(Some(leg(1)), Course::Waiting(Arc::clone(&bell)));
    registry.enter(call(1), waiting);
    let Found::Live(line) = registry.find(&leg(1)) else { panic!("live") };
    assert!(line.is_waiting());
    assert!(line.send(Command::Drain));
    assert!(commands.try_recv().is_ok(), "what it is told waits in its queue");
    assert_eq!((registry.live().len(), *registry.count().borrow()), (1, 0));
    assert!(matches!(registry.begin(&leg(1)), Arrived::Past));
    assert!(registry.take_up(call(1)));
    assert_eq!(*registry.count().borrow(), 1);
    assert!(matches!(registry.begin(&leg(1)), Arrived::Past));
}

#[test]
fn a_call_that_is_left_to_the_next_process_is_unknown_again() {
    let registry = Registry::new();
    registry.enter(call(1), live(Some(leg(1)), Course::Waiting(Arc::default())).0);
    registry.start_draining();
    assert!(!registry.take_up(call(1)));
    assert!(matches!(registry.find(&leg(1)), Found::Unknown));
    assert!(matches!(registry.find_call(call(1)), Found::Unknown));
}

fn live(leg: Option<LegId>, course: Course) -> (Live, mpsc::Receiver<Command>) {
    let (commands, receiver) = mpsc::channel(4);
    let live = Live {
        leg,
        direction: Direction::Inbound,
        commands,
        tickets: Tickets::new(0).unwrap(),
        shown: Arc::new(Mutex::new(Shown { phase: Phase::Greeting, escalation: None })),
        progress: Progress::default(),
        operators: BTreeMap::new(),
        course,
    };
    (live, receiver)
}

fn call(n: u32) -> CallId {
    CallId(uuid::Uuid::from_u128(u128::from(n)))
}

fn leg(n: u32) -> LegId {
    format!("CA{n:032x}").parse().unwrap()
}
