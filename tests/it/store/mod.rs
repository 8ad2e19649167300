//! Tests of `store`: one contract for both databases, and a journal whose databases go away.

#![allow(clippy::unwrap_used, reason = "tests")]

/// Declares one test on each database for each behaviour.
macro_rules! on_both {
    ($($behaviour:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $behaviour() {
                let dir = crate::store::given::Dir::new();
                super::$behaviour(crate::store::given::lite(&dir).await).await;
            })+
        }
        mod postgres {
            $(#[tokio::test]
            async fn $behaviour() {
                if let Some(store) = crate::store::given::postgres().await {
                    super::$behaviour(store).await;
                }
            })+
        }
    };
}

mod contract;
mod damage;
mod disk;
mod faraway;
pub(crate) mod given;
mod journal;
mod leases;
mod outage;
mod past;
mod people;
mod schema;
mod sessions;
mod tasks;
