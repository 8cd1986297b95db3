use super::*;

const LONG: Duration = CHAIN_DEADLINE;

fn status(status: u16) -> AttemptOutcome {
    AttemptOutcome::Answered { status, retry_after: None }
}

fn is_wait(decision: Decision) -> bool {
    matches!(decision, Decision::Wait(_))
}

#[test]
fn read_is_retried_and_write_only_if_not_done() {
    for transient in [
        status(429),
        status(502),
        status(503),
        status(504),
        AttemptOutcome::NeverConnected,
        AttemptOutcome::Lost,
    ] {
        assert!(is_wait(decide(Safety::Read, transient, 1, LONG)), "{transient:?}");
    }
    assert!(is_wait(decide(Safety::Write, status(429), 1, LONG)));
    assert!(is_wait(decide(Safety::Write, AttemptOutcome::NeverConnected, 1, LONG)));
    for unknown in [status(502), status(503), status(504), AttemptOutcome::Lost] {
        assert_eq!(decide(Safety::Write, unknown, 1, LONG), Decision::AnswerLost, "{unknown:?}");
    }
    for settled in
        [status(200), status(204), status(400), status(401), status(404), AttemptOutcome::Hopeless]
    {
        for safety in [Safety::Read, Safety::Write] {
            assert_eq!(decide(safety, settled, 1, LONG), Decision::Final, "{settled:?}");
        }
    }
}

#[test]
fn read_that_the_service_fails_at_is_tried_again_a_few_times() {
    for failed in [status(500), status(408)] {
        for attempt in 1..FAILURES {
            assert!(is_wait(decide(Safety::Read, failed, attempt, LONG)), "{failed:?} {attempt}");
        }
        assert_eq!(decide(Safety::Read, failed, FAILURES, LONG), Decision::Final);
        assert_eq!(decide(Safety::Write, failed, 1, LONG), Decision::Final);
    }
}

#[test]
fn retry_after_is_waited_for_in_full_and_zero_is_ignored() {
    let wait = |seconds: f64| {
        let retry_after = Some(Duration::from_secs_f64(seconds));
        match decide(Safety::Read, AttemptOutcome::Answered { status: 429, retry_after }, 1, LONG) {
            Decision::Wait(wait) => wait.as_secs_f64(),
            other => panic!("{other:?}"),
        }
    };
    for (asked, least) in [(120.0, 120.0), (7.5, 7.5), (0.2, 3.0), (0.0, 3.0)] {
        for _ in 0..50 {
            let waited = wait(asked);
            assert!(waited >= least && waited <= least + 3.0, "{asked} became {waited}");
        }
    }
}

#[test]
fn the_backoff_doubles_up_to_its_cap() {
    for (attempt, least) in [(1, 3), (2, 6), (3, 12), (4, 20), (40, 20), (u32::MAX, 20)] {
        let least = Duration::from_secs(least);
        match decide(Safety::Read, status(503), attempt, LONG) {
            Decision::Wait(wait) => {
                assert!(wait >= least && wait <= least * 2, "{attempt}: {wait:?}")
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn fault_other_than_throttling_waits_less() {
    for fault in [AttemptOutcome::Lost, AttemptOutcome::NeverConnected, status(504)] {
        let Decision::Wait(wait) = decide(Safety::Read, fault, 1, LONG) else {
            panic!("{fault:?} is repeated")
        };
        assert!(wait >= START && wait < FLOOR, "{fault:?}: {wait:?}");
    }
}

#[test]
fn wait_past_the_deadline_gives_up() {
    let asked =
        AttemptOutcome::Answered { status: 429, retry_after: Some(Duration::from_secs(600)) };
    assert_eq!(decide(Safety::Read, asked, 1, LONG), Decision::GiveUp);
    assert_eq!(decide(Safety::Read, status(429), 1, Duration::from_secs(2)), Decision::GiveUp);
    assert_eq!(
        decide(Safety::Write, AttemptOutcome::NeverConnected, CONNECTS, LONG),
        Decision::GiveUp
    );
    let endless = AttemptOutcome::Answered { status: 503, retry_after: Some(Duration::MAX) };
    assert_eq!(decide(Safety::Read, endless, 1, LONG), Decision::GiveUp);
}

#[test]
fn retry_after_is_parsed_in_all_forms() {
    let now = http_date("Sun, 06 Nov 1994 08:49:37 GMT").expect("the example of RFC 9110");
    let seconds = |text| retry_after(text, now).map(|wait| wait.as_secs_f64());
    assert_eq!(seconds("10"), Some(10.0));
    assert_eq!(seconds(" 2.128 "), Some(2.128));
    assert_eq!(seconds("0"), Some(0.0));
    assert_eq!(seconds("Sun, 06 Nov 1994 08:51:07 GMT"), Some(90.0));
    assert_eq!(seconds("Sun, 06 Nov 1994 08:00:00 GMT"), Some(0.0));
    for nonsense in ["", "soon", "-5", "NaN", "inf", "1e400", "Sun, 99 Nov 1994"] {
        assert_eq!(seconds(nonsense), None, "{nonsense}");
    }
}
