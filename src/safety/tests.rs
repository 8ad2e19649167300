use super::{Alarm, Extensions, Language, Rules};
use crate::types::Speaker;

fn judge(text: &str) -> Option<Alarm> {
    Rules::new(Language::English, &Extensions::default()).judge(Speaker::Caller, text).map(|finding| finding.alarm)
}

#[test]
fn tables_compile_and_the_plainest_words_are_heard() {
    assert_eq!(judge("I have chest pain"), Some(Alarm::Emergency));
    assert_eq!(judge("he's not breathing"), Some(Alarm::Emergency));
    assert_eq!(judge("no chest pain"), None);
    assert_eq!(judge("I'd like to book a cleaning for Tuesday"), None);
}
