use viewflow::prelude::*;
use viewflow::{MemoryStore, ProcessStatus};

use crate::flow::*;

#[test]
fn a_post_goes_from_selection_to_publication() {
    let mailer = Mailer::default();
    let engine = Engine::builder(MemoryStore::new()).flow(PublishFlow::new(mailer.clone())).build().unwrap();
    let (ann, bob) = (UserId::new("ann"), UserId::new("bob"));
    let post = engine
        .transaction(|db| {
            db.table().insert(Post { id: Id::NEW, title: "Hello".into(), body: String::new(), fresh: true })
        })
        .unwrap();
    let process = engine.start(PublishFlow::start, &ann, SelectPost { post }).unwrap();
    assert_eq!(process.status, ProcessStatus::New);
    assert_eq!(process.seed, Some(post));
    let task = engine.queue().of(PublishFlow::review).first().unwrap();
    let languages = vec!["de".to_owned(), "fr".to_owned()];
    engine
        .task(PublishFlow::review, task.id)
        .unwrap()
        .assign(&bob)
        .unwrap()
        .execute(&bob, ReviewFields { approved: true, remark: None, languages })
        .unwrap();
    let open = engine.queue().of(PublishFlow::proofread).list().unwrap();
    assert_eq!(open.len(), 2);
    assert_eq!(open[0].data["language"], "de");
    for task in open {
        engine.task(PublishFlow::proofread, task.id).unwrap().assign(&bob).unwrap().execute(&bob, ()).unwrap();
    }
    let process = engine.process::<PublishFlow>(process.id).unwrap();
    assert_eq!(process.status, ProcessStatus::Done);
    assert_eq!(*mailer.lock().unwrap(), ["Hello is out in de, fr"]);
    assert!(process.artifact.is_some());
}
