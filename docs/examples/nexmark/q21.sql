-- A number for the channel of each bid: of four well-known ones by name, of others from the url.
CREATE TABLE result (auction bigint, bidder bigint, price bigint, channel text, channel_id text)
WITH (connector = 'blackhole');

CREATE VIEW numbered AS
  SELECT auction, bidder, price, channel,
         CASE lower(channel)
           WHEN 'apple' THEN '0'
           WHEN 'google' THEN '1'
           WHEN 'facebook' THEN '2'
           WHEN 'baidu' THEN '3'
           ELSE regexp_substr(url, '(&|^)channel_id=([^&]*)', 1, 1, '', 2)
         END AS channel_id
  FROM bid;

INSERT INTO result
SELECT auction, bidder, price, channel, channel_id FROM numbered WHERE channel_id IS NOT NULL;
