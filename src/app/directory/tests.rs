//! Tests of `directory`.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::*;

/// `north` owns +15550100; may be away or slow.
#[derive(Default)]
struct Fake {
    away: AtomicBool,
    slow: AtomicBool,
    broken: AtomicBool,
    /// `north` does not own it any more.
    given_away: AtomicBool,
    /// Numbers can be read, organizations cannot.
    half: AtomicBool,
}

impl Fake {
    async fn answer<T>(&self, value: T) -> Result<T, StoreError> {
        if self.slow.load(Ordering::Relaxed) {
            tokio::time::sleep(Duration::from_secs(60)).await;
        }
        if self.away.load(Ordering::Relaxed) { Err(StoreError::Unavailable) } else { Ok(value) }
    }

    fn row(&self, id: &str) -> OrgRow {
        let config = if self.broken.load(Ordering::Relaxed) { r#"{"greeting":7}"# } else { "{}" };
        OrgRow { id: id.to_owned(), name: format!("The {id}"), config: config.to_owned(), ..OrgRow::default() }
    }
}

#[async_trait]
impl Directory for Fake {
    async fn org(&self, id: &OrgId) -> Result<OrgRow, StoreError> {
        if self.half.load(Ordering::Relaxed) {
            return Err(StoreError::Unavailable);
        }
        self.answer(self.row(id.as_str())).await
    }

    async fn update_org(&self, _: &OrgRow) -> Result<(), StoreError> {
        Err(StoreError::NotFound)
    }

    async fn create_org(&self, _: &OrgRow) -> Result<(), StoreError> {
        Err(StoreError::NotFound)
    }

    async fn orgs(&self) -> Result<Vec<OrgRow>, StoreError> {
        self.answer(vec![self.row("demo"), self.row("north")]).await
    }

    async fn assign_number(&self, _: &PhoneNumber, _: &OrgId) -> Result<(), StoreError> {
        Err(StoreError::NotFound)
    }

    async fn owner(&self, number: &PhoneNumber) -> Result<Option<OrgId>, StoreError> {
        let owner =
            (*number == northern() && !self.given_away.load(Ordering::Relaxed)).then(|| "north".parse().unwrap());
        self.answer(owner).await
    }

    async fn numbers(&self, org: &OrgId) -> Result<Vec<PhoneNumber>, StoreError> {
        self.answer(if org.as_str() == "north" { vec![northern()] } else { Vec::new() }).await
    }
}

fn northern() -> PhoneNumber {
    "+15550100".parse().unwrap()
}

fn other() -> PhoneNumber {
    "+15550199".parse().unwrap()
}

fn cache(default: Option<&str>) -> (Arc<Fake>, OrgCache) {
    let fake = Arc::new(Fake::default());
    let cache = OrgCache::new(fake.clone(), default.map(|id| id.parse().unwrap()));
    (fake, cache)
}

async fn name(cache: &OrgCache, number: Option<&PhoneNumber>) -> Option<String> {
    cache.for_number(number).await.expect("an answer").map(|org| org.name.clone())
}

#[tokio::test]
async fn a_number_goes_to_its_owner_and_all_others_to_the_default() {
    let (_, with_default) = cache(Some("demo"));
    assert_eq!(name(&with_default, Some(&northern())).await.as_deref(), Some("The north"));
    assert_eq!(name(&with_default, Some(&other())).await.as_deref(), Some("The demo"));
    assert_eq!(name(&with_default, None).await.as_deref(), Some("The demo"));
    let (_, without) = cache(None);
    assert_eq!(name(&without, Some(&northern())).await.as_deref(), Some("The north"));
    assert_eq!(name(&without, Some(&other())).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_database_that_is_away_or_slow_is_remembered() {
    for is_slow in [false, true] {
        let (fake, cache) = cache(Some("demo"));
        cache.refresh().await.unwrap();
        let fault = if is_slow { &fake.slow } else { &fake.away };
        fault.store(true, Ordering::Relaxed);
        let began = tokio::time::Instant::now();
        assert_eq!(name(&cache, Some(&northern())).await.as_deref(), Some("The north"), "never called before");
        assert!(began.elapsed() < Duration::from_secs(1));
        assert_eq!(name(&cache, None).await.as_deref(), Some("The demo"), "no number is nobody's");
    }
}

/// Whose number it is may have changed since it was read, or it was never read.
#[tokio::test(start_paused = true)]
async fn the_default_never_answers_for_a_number_that_may_be_somebodys() {
    let (fake, cache) = cache(Some("demo"));
    fake.away.store(true, Ordering::Relaxed);
    assert_eq!(cache.for_number(Some(&northern())).await.err(), Some(OwnerUnknown), "nothing was ever read");
    fake.away.store(false, Ordering::Relaxed);
    cache.refresh().await.unwrap();
    fake.slow.store(true, Ordering::Relaxed);
    let began = tokio::time::Instant::now();
    assert_eq!(cache.for_number(Some(&other())).await.err(), Some(OwnerUnknown), "it may be new");
    assert!(began.elapsed() <= Duration::from_secs(1), "the carrier waits for the answer");
    fake.slow.store(false, Ordering::Relaxed);
    fake.away.store(true, Ordering::Relaxed);
    let answered = name(&cache, Some(&other())).await;
    assert_eq!(answered.as_deref(), Some("The demo"), "it was nobody's a minute ago");
}

#[tokio::test(start_paused = true)]
async fn an_owner_that_was_read_counts_although_the_organization_could_not_be() {
    let (fake, cache) = cache(Some("demo"));
    fake.given_away.store(true, Ordering::Relaxed);
    cache.refresh().await.unwrap();
    fake.given_away.store(false, Ordering::Relaxed);
    fake.half.store(true, Ordering::Relaxed);
    assert_eq!(name(&cache, Some(&northern())).await.as_deref(), Some("The north"));
}

#[tokio::test(start_paused = true)]
async fn a_number_that_changed_hands_is_remembered_with_its_new_owner_only() {
    let (fake, cache) = cache(Some("demo"));
    cache.refresh().await.unwrap();
    fake.given_away.store(true, Ordering::Relaxed);
    assert_eq!(name(&cache, Some(&northern())).await.as_deref(), Some("The demo"), "it is nobody's now");
    fake.slow.store(true, Ordering::Relaxed);
    assert_eq!(cache.for_number(Some(&northern())).await.err(), Some(OwnerUnknown), "not its old owner's");
}

#[tokio::test]
async fn an_organization_whose_settings_cannot_be_read_answers_with_defaults() {
    let (fake, cache) = cache(None);
    fake.broken.store(true, Ordering::Relaxed);
    let org = cache.for_number(Some(&northern())).await.unwrap().unwrap();
    assert_eq!((org.id.as_str(), org.name.as_str()), ("north", "The north"));
    assert!(org.greeting.contains("The north"));
}

#[tokio::test]
async fn a_number_of_an_organization_is_known_from_memory() {
    let (_, cache) = cache(Some("demo"));
    assert_eq!(cache.number_of(&"north".parse().unwrap()), None, "nothing was read yet");
    cache.refresh().await.unwrap();
    assert_eq!(cache.number_of(&"north".parse().unwrap()), Some(northern()));
    assert_eq!(cache.number_of(&"demo".parse().unwrap()), None);
}
