"""What is answered: synthetic tracks predicted from sequence by a local model, and scores of them. No messages here."""
