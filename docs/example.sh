# 需要 curl 和 jq。示例只用到一个账号，换成自己的。
URL=http://127.0.0.1:8080/api/v1

# 1. 用账号密码换令牌，只显示这一次
TOKEN=$(curl -s "$URL/tokens" -H 'Content-Type: application/json' \
  -d '{"name": "admin", "password": "账号的密码", "note": "示例"}' | jq -r .secret)

# 2. 检索：最新的两条标题
curl -s -G "$URL/mentions" -H "Authorization: Bearer $TOKEN" \
  --data-urlencode 'q=刹车 sentiment:negative' -d limit=2 | jq -r '.hits[].mention.title'

# 3. 翻页：其他参数不变，带上这一页的 cursor
CURSOR=$(curl -s -G "$URL/mentions" -H "Authorization: Bearer $TOKEN" \
  --data-urlencode 'q=刹车 sentiment:negative' -d limit=2 | jq -r .cursor)
curl -s -G "$URL/mentions" -H "Authorization: Bearer $TOKEN" \
  --data-urlencode 'q=刹车 sentiment:negative' -d limit=2 \
  --data-urlencode "cursor=$CURSOR" | jq -r '.hits[].mention.title'

# 4. 确认最新的待确认预警
ALERT=$(curl -s -G "$URL/alerts" -H "Authorization: Bearer $TOKEN" -d status=new | jq -r '.[0].id')
curl -s "$URL/alerts/$ALERT/acknowledge" -H "Authorization: Bearer $TOKEN" \
  -H 'Content-Type: application/json' -d '{"note": "我来处理"}' | jq -r .status
