//! `proto/template`, one step after the other.

use crate::proto::template::Template;

#[test]
fn requests_are_served_in_the_order_in_which_they_were_asked() {
    let template: Template<u32> = Template::new();
    assert_eq!(template.ask(1), Ok(()));
    assert_eq!(template.ask(2), Ok(()));
    assert_eq!(template.serve(), Some(vec![1, 2]));
    assert_eq!(template.ask(3), Ok(()));
    template.close();
    assert_eq!(template.ask(4), Err(4));
    assert_eq!(template.serve(), Some(vec![3]));
    assert_eq!(template.serve(), None);
}
