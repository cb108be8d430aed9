"""The HTTP service: a thin skin over `dedup`.

    app.py          the application, and `serve`
    lifecycle.py    from the first signal to the last byte of the last response
    settings.py     what an operator can set
    context.py      what handlers find in the application and in a request
    middleware.py   around every handler: ids, errors, logs
    auth.py         keys, and the namespaces they open
    metrics.py      what is counted, for Prometheus
    logs.py         logs that name the request
    routes/         one module a group of routes
    receiving.py    how a request gets in
    limits.py       how much of a body is read, and how long that may take
    deadline.py     how long a client waits for the state
    batching.py     work of many requests done at once
    records.py      a stream of bytes cut into records
    answering.py    one page of many
    media.py        which formats go in and out
    memory.py       what is learned of sites, seen from the event loop
    documents.py    the crawl index, seen from the event loop
    workers.py      worker processes, seen from the event loop
    envelope.py     what goes to a worker and comes back
    cleaning.py     what a worker does with a request
    fingerprints.py what it does with texts
    decompression.py    content encodings, undone within bounds
    compression.py  answers, compressed as the client asks
    codec.py        JSON and MessagePack
    api.py          the types of requests and responses
    openapi.py      the document made from them
    errors.py       what can be wrong with a request
    problems.py     how that is told (RFC 9457)
    client.py       the calls from Python
    client_pages.py what they send of pages
    scrapy_pipeline.py  the items of a crawl, cleaned
    ui/             the page to try it

The event loop never decompresses, decodes or parses what a client sent: bodies pass through it as bytes.
"""
