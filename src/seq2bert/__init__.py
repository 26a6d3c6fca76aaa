"""From seq2seq to BERT: the models, data and measurements of the course."""
