//! The choke point: what it lets through, in tables and at random.

use std::time::Duration;

use super::*;
use crate::types::org::{Target, WeekHours};

#[test]
fn a_target_of_the_organization_needs_no_prefix() {
    let house = House::new(&[("desk", "+15550002222")], &[]);
    assert_eq!(house.ask(Destination::Target(&id("desk"))), Ok("+15550002222".to_owned()));
    assert_eq!(house.ask(Destination::Target(&id("other"))), Err(NotDialled::UnknownTarget));
}

#[test]
fn an_outbound_number_needs_the_switch_and_a_prefix() {
    let mut house = House::new(&[("desk", "+15550002222")], &["+1555", "+4930"]);
    let cases = [
        ("+15551112222", None),
        ("+493012345", None),
        ("+494012345", Some(NotDialled::NotListed)),
        ("+442071234567", Some(NotDialled::NotListed)),
    ];
    for (text, refusal) in cases {
        let number = text.parse().unwrap();
        assert_eq!(house.ask(Destination::Number(&number)).err(), refusal, "{text}");
    }
    house.outbound.enabled = false;
    let number = "+15551112222".parse().unwrap();
    assert_eq!(house.ask(Destination::Number(&number)), Err(NotDialled::Disabled));
}

#[test]
fn a_country_that_shares_plus_one_is_allowed_by_its_own_code_only() {
    for number in ["+18095550123", "+18765550123", "+14735550123", "+12425550123", "+14415550123"] {
        let number: PhoneNumber = number.parse().unwrap();
        let own = &number.e164()[..5];
        for (allow, allowed) in [("+1", false), (&own[..4], false), (own, true), (number.e164(), true)] {
            let house = House::new(&[], &[allow]);
            assert_eq!(house.ask(Destination::Number(&number)).is_ok(), allowed, "{} by {allow}", number.e164());
        }
    }
    for number in ["+12025550143", "+14165550143", "+17875550143"] {
        let house = House::new(&[], &["+1"]);
        let number: PhoneNumber = number.parse().unwrap();
        assert!(house.ask(Destination::Number(&number)).is_ok(), "{}", number.e164());
    }
}

#[test]
fn without_an_allow_list_not_even_a_target_can_be_dialled_by_its_number() {
    for allow in [&[][..], &[""], &["+"], &["1555"], &["+1x"]] {
        let house = House::new(&[("desk", "+15550002222")], allow);
        let number = "+15550002222".parse().unwrap();
        assert_eq!(house.ask(Destination::Number(&number)), Err(NotDialled::NotListed), "{allow:?}");
    }
}

#[test]
fn no_target_and_no_entry_of_the_list_lifts_a_bar() {
    let house = House::new(&[("hotline", "+19005551234")], &["+19005551234", "+1900", "+"]);
    assert_eq!(house.ask(Destination::Target(&id("hotline"))), Err(NotDialled::Barred));
    let number = "+19005551234".parse().unwrap();
    assert_eq!(house.ask(Destination::Number(&number)), Err(NotDialled::Barred));
}

#[test]
fn neither_our_own_number_nor_the_callers_is_dialled() {
    let house = House::new(&[("loop", OURS), ("self", CALLER)], &["+1"]);
    assert_eq!(house.ask(Destination::Target(&id("loop"))), Err(NotDialled::Ours));
    assert_eq!(house.ask(Destination::Target(&id("self"))), Err(NotDialled::Caller));
    let ours = OURS.parse().unwrap();
    assert_eq!(house.ask(Destination::Number(&ours)), Err(NotDialled::Ours));
}

#[test]
fn an_organization_dials_so_often_a_minute_and_so_often_a_day() {
    let mut house = House::new(&[("desk", "+15550002222")], &[]);
    house.escalation.dials_per_minute_max = 3;
    house.escalation.dials_per_day_max = 5;
    let mut policy = DialPolicy::default();
    let mut dial = |at_s: u64| house.permit(&mut policy, &id("desk"), at_s * 1_000_000);
    assert_eq!([dial(0), dial(1), dial(2)], [Ok(()); 3]);
    assert_eq!(dial(59), Err(NotDialled::MinuteFull));
    assert_eq!([dial(60), dial(61)], [Ok(()); 2]);
    assert_eq!(dial(3_600), Err(NotDialled::DayFull));
    assert_eq!(dial(24 * 3_600), Err(NotDialled::DayFull));
    assert_eq!(dial(25 * 3_600 + 1), Ok(()));
}

#[test]
fn what_is_refused_is_not_counted() {
    let mut house = House::new(&[("desk", "+15550002222"), ("hotline", "+19005551234")], &[]);
    house.escalation.dials_per_minute_max = 1;
    let mut policy = DialPolicy::default();
    for _ in 0..10 {
        assert_eq!(house.permit(&mut policy, &id("hotline"), 0), Err(NotDialled::Barred));
        house.ask_of(&policy, Destination::Target(&id("desk")), 0).unwrap();
    }
    assert_eq!(house.permit(&mut policy, &id("desk"), 0), Ok(()));
}

#[test]
fn dials_of_earlier_processes_count_once() {
    let mut house = House::new(&[("desk", "+15550002222")], &[]);
    house.escalation.dials_per_day_max = 4;
    let mut policy = DialPolicy::default();
    house.permit(&mut policy, &id("desk"), 0).unwrap();
    assert!(!policy.is_preloaded(&house.org));
    policy.preload(&house.org, DialsOfDay { transfers: 3, outbound: 0 }, 1);
    policy.preload(&house.org, DialsOfDay { transfers: 3, outbound: 0 }, 1);
    assert!(policy.is_preloaded(&house.org));
    assert_eq!(house.permit(&mut policy, &id("desk"), 2), Ok(()));
    assert_eq!(house.permit(&mut policy, &id("desk"), 3), Err(NotDialled::DayFull));
}

#[test]
fn all_organizations_together_have_a_limit() {
    let mut policy = DialPolicy::default();
    let mut house = House::new(&[("desk", "+15550002222")], &[]);
    house.escalation.dials_per_minute_max = u32::MAX;
    house.escalation.dials_per_day_max = u32::MAX;
    for n in 0..DIALS_PER_MINUTE_ALL_MAX {
        house.org = format!("org-{n}").parse().unwrap();
        house.permit(&mut policy, &id("desk"), 0).unwrap();
    }
    assert_eq!(house.permit(&mut policy, &id("desk"), 1), Err(NotDialled::AllFull));
    assert_eq!(house.permit(&mut policy, &id("desk"), 60_000_000), Ok(()));
}

#[test]
fn an_emergency_rings_when_everything_else_is_used_up() {
    let mut policy = DialPolicy::new(Ceiling { dials_per_day_max: 15, ..Ceiling::default() });
    let mut house = House::new(&[("desk", "+15550002222")], &["+1"]);
    house.escalation.dials_per_minute_max = 10;
    for _ in 0..10 {
        house.permit(&mut policy, &id("desk"), 0).unwrap();
    }
    assert_eq!(house.permit(&mut policy, &id("desk"), 1), Err(NotDialled::MinuteFull));
    house.urgency = Urgency::Emergency;
    for call in 0..3 {
        house.call = call;
        for _ in 0..EMERGENCY_DIALS_PER_CALL_MAX {
            house.permit(&mut policy, &id("desk"), 2).unwrap();
        }
        let of_call = house.permit(&mut policy, &id("desk"), 2);
        assert_eq!(of_call, Err(NotDialled::EmergencyFull), "bounded for each call");
    }
    house.call = 99;
    assert_eq!(house.permit(&mut policy, &id("desk"), 3), Err(NotDialled::EmergencyFull), "and for each caller");
    house.caller = "+15550004444";
    assert_eq!(house.permit(&mut policy, &id("desk"), 3), Ok(()), "another caller has more");
    house.urgency = Urgency::Medium;
    assert_eq!(house.permit(&mut policy, &id("desk"), 60_000_000), Ok(()), "and took nothing from anybody");
}

#[test]
fn reminders_and_callers_do_not_use_up_each_others_dials() {
    let mut house = House::new(&[("desk", "+15550002222")], &["+1"]);
    house.escalation.dials_per_minute_max = 2;
    let mut policy = DialPolicy::default();
    let reminder = "+15551112222".parse().unwrap();
    let remind = |policy: &mut DialPolicy, house: &House| {
        house.with_request(Destination::Number(&reminder), 0, |request| policy.permit(request).map(drop))
    };
    assert_eq!([remind(&mut policy, &house), remind(&mut policy, &house)], [Ok(()); 2]);
    assert_eq!(remind(&mut policy, &house), Err(NotDialled::MinuteFull));
    assert_eq!(house.permit(&mut policy, &id("desk"), 0), Ok(()));
}

#[test]
fn one_caller_uses_a_fifth_of_the_day_at_most() {
    let mut house = House::new(&[("desk", "+15550002222")], &[]);
    house.escalation.dials_per_minute_max = u32::MAX;
    let mut policy = DialPolicy::default();
    for _ in 0..40 {
        house.permit(&mut policy, &id("desk"), 0).unwrap();
    }
    assert_eq!(house.permit(&mut policy, &id("desk"), 0), Err(NotDialled::CallerFull));
    house.caller = "+15550004444";
    assert_eq!(house.permit(&mut policy, &id("desk"), 0), Ok(()));
}

#[test]
fn the_installation_has_a_ceiling_that_no_organization_lifts() {
    let mut house = House::new(&[("desk", "+442071234567"), ("spa", "+3712345678")], &["+44", "+1", "+371"]);
    house.escalation.dials_per_minute_max = u32::MAX;
    let mut policy =
        DialPolicy::new(Ceiling { countries: vec!["+44".to_owned(), "+3712".to_owned()], dials_per_day_max: 2 });
    let american = "+15551112222".parse().unwrap();
    assert_eq!(house.ask_of(&policy, Destination::Number(&american), 0), Err(NotDialled::Country));
    assert_eq!(house.permit(&mut policy, &id("spa"), 0), Ok(()), "it is named");
    assert_eq!(house.permit(&mut policy, &id("desk"), 0), Ok(()));
    assert_eq!(house.permit(&mut policy, &id("desk"), 0), Err(NotDialled::InstallationFull));
}

#[test]
fn a_country_of_high_risk_is_dialled_only_where_it_is_named() {
    let number: PhoneNumber = "+25261234567".parse().unwrap();
    for (allow, allowed) in [("+2", false), ("+25", false), ("+252", true), ("+2526", true)] {
        let house = House::new(&[], &[allow]);
        assert_eq!(house.ask(Destination::Number(&number)).is_ok(), allowed, "{allow}");
    }
    let house = House::new(&[("desk", "+25261234567")], &[]);
    assert_eq!(house.ask(Destination::Target(&id("desk"))), Err(NotDialled::Country));
    let ours = "+25261000000".parse().unwrap();
    let at_home = house.with_request(Destination::Target(&id("desk")), 0, |request| {
        let request = DialRequest { shown: Some(&ours), is_ours: &|_| false, ..*request };
        DialPolicy::default().check(&request).map(drop)
    });
    assert_eq!(at_home, Ok(()), "whoever has a number there may call there");
}

#[test]
fn a_limit_says_so_before_it_is_reached() {
    let mut house = House::new(&[("desk", "+15550002222")], &[]);
    house.escalation.dials_per_minute_max = 10;
    let mut policy = DialPolicy::default();
    let near = |policy: &DialPolicy, house: &House| {
        house.with_request(Destination::Target(&id("desk")), 0, |request| policy.nearly_full(request))
    };
    for _ in 0..7 {
        house.permit(&mut policy, &id("desk"), 0).unwrap();
    }
    assert_eq!(near(&policy, &house), None);
    house.permit(&mut policy, &id("desk"), 0).unwrap();
    assert_eq!(near(&policy, &house), Some(NotDialled::MinuteFull));
}

/// Whatever a model, a caller or a request body names: only targets and listed prefixes come through.
#[test]
fn ten_thousand_random_requests_permit_nothing_outside_targets_and_list() {
    let mut random = fastrand::Rng::with_seed(46);
    let mut permitted = 0;
    for _ in 0..10_000 {
        let targets = ["+15550002222", "+442071234567", "+19005551234", OURS, CALLER];
        let named: Vec<(&str, &str)> =
            ["a", "b", "c", "d", "e"].into_iter().zip(targets).filter(|_| random.bool()).collect();
        let lists: [&[&str]; 5] = [&[], &["+1"], &["+1555"], &["+49", "+44"], &["+"]];
        let mut house = House::new(&named, lists[random.usize(..lists.len())]);
        house.outbound.enabled = random.u8(..4) > 0;
        let number: PhoneNumber = number(&mut random).parse().unwrap();
        let name = id(["a", "b", "c", "d", "e", "f", "900"][random.usize(..7)]);
        let to = if random.bool() { Destination::Target(&name) } else { Destination::Number(&number) };
        let Ok(dialled) = house.ask(to) else { continue };
        permitted += 1;
        let legal = match to {
            Destination::Target(name) => named.contains(&(name.as_str(), dialled.as_str())),
            Destination::Number(number) => {
                let listed = |prefix: &String| prefix.len() > 1 && dialled.starts_with(prefix.as_str());
                dialled == number.e164() && house.outbound.enabled && house.escalation.allow.iter().any(listed)
            }
        };
        assert!(legal, "{dialled} for {to:?} of {named:?} and {:?}", house.escalation.allow);
        assert!(dialled != OURS && dialled != CALLER && !dialled.starts_with("+1900"), "{dialled}");
    }
    assert!(permitted > 500, "the test asks for something that may be dialled: {permitted}");
}

fn number(random: &mut fastrand::Rng) -> String {
    let heads = ["+1900", "+1555", "+1976", "+1212976", "+1911", "+4420", "+449", "+4930", "+49900", "+881", "+33"];
    let whole = [OURS, CALLER, "+19005551234", "+15550002222"];
    if random.u8(..5) == 0 {
        return whole[random.usize(..whole.len())].to_owned();
    }
    let mut text = heads[random.usize(..heads.len())].to_owned();
    let len = if text.starts_with("+1") { 12 } else { 9 + random.usize(..6) };
    while text.len() < len {
        text.push(char::from(b'0' + random.u8(..10)));
    }
    text
}

const OURS: &str = "+15550001000";
const CALLER: &str = "+15550003333";

/// An organization that is asked about dials of one caller's call.
struct House {
    org: OrgId,
    escalation: EscalationSettings,
    outbound: OutboundSettings,
    urgency: Urgency,
    call: u32,
    caller: &'static str,
}

impl House {
    fn new(targets: &[(&str, &str)], allow: &[&str]) -> Self {
        let targets = targets.iter().map(|(name, number)| Target {
            id: id(name),
            name: (*name).to_owned(),
            number: number.parse().unwrap(),
            ring: Duration::from_secs(20),
            hours: WeekHours::Always,
        });
        Self {
            org: "demo".parse().unwrap(),
            escalation: EscalationSettings {
                targets: targets.collect(),
                allow: allow.iter().map(|prefix| (*prefix).to_owned()).collect(),
                ..EscalationSettings::default()
            },
            outbound: OutboundSettings { enabled: true, ..OutboundSettings::default() },
            urgency: Urgency::Medium,
            call: 1,
            caller: CALLER,
        }
    }

    fn ask(&self, to: Destination<'_>) -> Result<String, NotDialled> {
        self.ask_of(&DialPolicy::default(), to, 0)
    }

    fn ask_of(&self, policy: &DialPolicy, to: Destination<'_>, at_us: u64) -> Result<String, NotDialled> {
        self.with_request(to, at_us, |request| policy.check(request).map(|number| number.e164().to_owned()))
    }

    fn permit(&self, policy: &mut DialPolicy, target: &TargetId, at_us: u64) -> Result<(), NotDialled> {
        self.with_request(Destination::Target(target), at_us, |request| policy.permit(request).map(drop))
    }

    fn with_request<T>(&self, to: Destination<'_>, at_us: u64, then: impl FnOnce(&DialRequest<'_>) -> T) -> T {
        then(&DialRequest {
            org: &self.org,
            escalation: &self.escalation,
            outbound: &self.outbound,
            call: CallId(uuid::Uuid::from_u128(u128::from(self.call))),
            to,
            urgency: self.urgency,
            caller: Some(&self.caller.parse().unwrap()),
            shown: None,
            is_ours: &|number| number.e164() == OURS,
            at_us,
        })
    }
}

fn id(name: &str) -> TargetId {
    name.parse().unwrap()
}
