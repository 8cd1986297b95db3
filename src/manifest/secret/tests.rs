use super::*;

#[test]
fn lines_with_secrets_are_found() {
    let text = "\
ssid: shown
preSharedKey: hidden
prSharedKey: hidden
\"PRESHAREDKEY\" : hidden
list:
  - preSharedKey: |
      hidden

      hidden
  - preSharedKey: 'hidden
hidden
hidden' # the end
  - preSharedKey: { $env: WIFI_PSK }
    wifi: { ssid: shown, preSharedKey: hidden }
    wifi2: { preSharedKey: { $env: SHOWN } }
\tpreSharedKeyIsSet: shown
password: hidden
passwordRequired: shown
productKey:
  - hidden
description: shown
";
    let hidden: Vec<&str> = lines(text).into_iter().map(|line| &text[line.range]).collect();
    let (with, without): (Vec<&str>, Vec<&str>) =
        text.lines().partition(|line| hidden.contains(line));
    let shown = |line: &&str| line.contains("shown") && !line.contains("hidden");
    assert!(!with.iter().any(shown), "{with:?}");
    assert!(!without.iter().any(|line| line.contains("hidden")), "{without:?}");
}

#[test]
fn value_of_a_line_is_the_part_of_the_secret_in_it() {
    let text = "a: { psk: 'one two' }\nsecret: |\n  three\npassword:\n";
    let values: Vec<&str> = lines(text).into_iter().map(|line| line.value).collect();
    assert_eq!(values, ["one two", "|", "three", ""]);
}
